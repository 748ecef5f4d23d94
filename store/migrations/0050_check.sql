-- The last known state of each link of the chain, so that "since when" outlives a restart (T7, T8).

-- +goose Up
CREATE TABLE check_links (
    name   TEXT PRIMARY KEY,
    state  TEXT NOT NULL,
    since  TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT ''
);

-- +goose Down
DROP TABLE check_links;
