-- SMS waiting, under way and done. There is no reference to calls(id): the outbox may be ahead of the call's facts,
-- which reach the disk in batches.

-- +goose Up
CREATE TABLE sms_outbox (
    key              TEXT PRIMARY KEY,
    call_id          TEXT NOT NULL,
    recipient        TEXT NOT NULL,  -- E.164 while it is needed for delivery, '' afterwards
    recipient_masked TEXT NOT NULL,
    body             TEXT NOT NULL,
    segments         BIGINT NOT NULL,
    encoding         TEXT NOT NULL,
    consent          TEXT NOT NULL,  -- the caller's own words
    consent_at       TEXT NOT NULL,
    state            TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'failed', 'expired')),
    attempts         BIGINT NOT NULL DEFAULT 0,
    created_at       TEXT NOT NULL,
    next_attempt     TEXT NOT NULL,
    expires_at       TEXT NOT NULL,
    finished_at      TEXT,
    provider         TEXT NOT NULL DEFAULT '',
    provider_id      TEXT NOT NULL DEFAULT '',
    reason           TEXT NOT NULL DEFAULT '',
    reported         BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE INDEX sms_outbox_due ON sms_outbox (state, next_attempt);
CREATE INDEX sms_outbox_call ON sms_outbox (call_id);

-- +goose Down
DROP TABLE sms_outbox;
