-- The ledger: what was done with personal data (audit), what was destroyed (certificate), what went wrong (breach). Each entry's hash covers
-- the one before; 0041 lets nobody change or delete one. content_hash stands in for content once its retention has passed.
-- A call past its retention keeps what figures count, under a name that means nothing: anonymous.

-- +goose Up
CREATE TABLE ledger (
    seq          BIGINT PRIMARY KEY,
    at           TEXT NOT NULL,
    kind         TEXT NOT NULL,
    content      TEXT NOT NULL,  -- JSON; '' once its retention has passed
    content_hash TEXT NOT NULL,
    prev         TEXT NOT NULL,
    hash         TEXT NOT NULL
);
CREATE INDEX ledger_kind ON ledger (kind, seq);
ALTER TABLE calls ADD COLUMN anonymous BOOLEAN NOT NULL DEFAULT FALSE;

-- +goose Down
ALTER TABLE calls DROP COLUMN anonymous;
DROP INDEX ledger_kind;
DROP TABLE ledger;
