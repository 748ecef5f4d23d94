-- Calls and their facts. Facts are the only source; a row of calls is what record.Summarise makes of them.
-- Times are UTC text of one width (2026-01-02T15:04:05.000000Z), so that text order is time order everywhere.

-- +goose Up
CREATE TABLE calls (
    id              TEXT PRIMARY KEY,
    line            TEXT NOT NULL DEFAULT '',
    called          TEXT NOT NULL DEFAULT '',
    trunk           TEXT NOT NULL DEFAULT '',
    codec           TEXT NOT NULL DEFAULT '',
    caller_masked   TEXT NOT NULL DEFAULT '',
    caller_hash     TEXT NOT NULL DEFAULT '',
    origin          TEXT NOT NULL DEFAULT '',
    started_at      TEXT NOT NULL,
    answered_at     TEXT,
    ended_at        TEXT,
    ended_by        TEXT,
    end_reason      TEXT,
    duration_ms     BIGINT,
    welcome_ms      BIGINT,
    conversation_ms BIGINT,
    -- ',traite,requete,' : a comma on both sides of every status, so that LIKE '%,requete,%' finds whole words only
    statuses        TEXT NOT NULL DEFAULT ',',
    region          TEXT,
    postal_code     TEXT,
    insee           TEXT,
    place_asked     BOOLEAN NOT NULL DEFAULT FALSE,
    place_found     BOOLEAN NOT NULL DEFAULT FALSE,
    place_tries     BIGINT,
    sms_sent        BIGINT NOT NULL DEFAULT 0,
    rating          BIGINT,
    mos             DOUBLE PRECISION,
    incident_link   TEXT,
    incident_at     TEXT
);
CREATE INDEX calls_started ON calls (started_at, id);
CREATE INDEX calls_caller ON calls (caller_hash);
CREATE INDEX calls_open ON calls (id) WHERE ended_at IS NULL;

CREATE TABLE facts (
    call_id TEXT NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
    seq     BIGINT NOT NULL,
    at      TEXT NOT NULL,
    kind    TEXT NOT NULL,
    data    TEXT NOT NULL DEFAULT '{}',
    PRIMARY KEY (call_id, seq)
);

-- +goose Down
DROP TABLE facts;
DROP TABLE calls;
