-- The test telephone in the browser: links that let a person in once, of which only the hash is kept, and the turns that testers say were
-- misunderstood, anonymised like transcripts (C18).

-- +goose Up
CREATE TABLE softphone_links (
    hash       TEXT PRIMARY KEY,
    created_at TEXT NOT NULL,
    created_by TEXT NOT NULL,
    note       TEXT NOT NULL DEFAULT '',
    expires_at TEXT NOT NULL,
    used_at    TEXT NOT NULL DEFAULT ''
);
CREATE TABLE softphone_marks (
    id         TEXT PRIMARY KEY,
    call_id    TEXT NOT NULL,
    at         TEXT NOT NULL,  -- of the mark
    said_at    TEXT NOT NULL,  -- of the turn
    who        TEXT NOT NULL,
    state      TEXT NOT NULL DEFAULT '',
    heard      TEXT NOT NULL DEFAULT '',
    readings   TEXT NOT NULL DEFAULT '[]',  -- JSON
    intent     TEXT NOT NULL DEFAULT '',
    comment    TEXT NOT NULL DEFAULT ''
);
CREATE INDEX softphone_marks_at ON softphone_marks (at);

-- +goose Down
DROP TABLE softphone_marks;
DROP TABLE softphone_links;
