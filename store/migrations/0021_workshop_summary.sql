-- The sentence that a caller hears first (C8); the description is told on request.

-- +goose Up
ALTER TABLE workshops ADD COLUMN summary TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE workshops DROP COLUMN summary;
