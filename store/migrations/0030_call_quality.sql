-- How a call sounded, as JSON with the keys of the quality fact; NULL when nothing is known. The quality fact holds the same.

-- +goose Up
ALTER TABLE calls ADD COLUMN quality TEXT;

-- +goose Down
ALTER TABLE calls DROP COLUMN quality;
