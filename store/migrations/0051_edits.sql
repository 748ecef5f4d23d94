-- What people change beside the configuration while the service runs: messages (C6, C17) and the service of lines (T4). Nothing is
-- overwritten: the newest edit of a kind and key is in force, an empty body takes it back.

-- +goose Up
CREATE TABLE edits (
    id     BIGINT PRIMARY KEY,
    kind   TEXT NOT NULL,
    key    TEXT NOT NULL,
    at     TEXT NOT NULL,
    author TEXT NOT NULL,
    body   TEXT NOT NULL DEFAULT ''
);
CREATE INDEX edits_key ON edits (kind, key, id);

-- +goose Down
DROP TABLE edits;
