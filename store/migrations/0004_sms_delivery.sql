-- Whether an answer of the provider was lost, what became of the message at the handset, and numbers that want none (kept as keyed hashes).

-- +goose Up
ALTER TABLE sms_outbox ADD COLUMN doubt BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE sms_outbox ADD COLUMN recipient_hash TEXT NOT NULL DEFAULT '';
ALTER TABLE sms_outbox ADD COLUMN delivery TEXT NOT NULL DEFAULT '';
ALTER TABLE sms_outbox ADD COLUMN delivery_at TEXT;
CREATE INDEX sms_outbox_recipient ON sms_outbox (recipient_hash);
CREATE TABLE sms_blocked (
    recipient_hash   TEXT PRIMARY KEY,
    recipient_masked TEXT NOT NULL,
    blocked_at       TEXT NOT NULL,
    reason           TEXT NOT NULL
);

-- +goose Down
DROP TABLE sms_blocked;
DROP INDEX sms_outbox_recipient;
ALTER TABLE sms_outbox DROP COLUMN delivery_at;
ALTER TABLE sms_outbox DROP COLUMN delivery;
ALTER TABLE sms_outbox DROP COLUMN recipient_hash;
ALTER TABLE sms_outbox DROP COLUMN doubt;
