-- What a trace tells of calls that went another way: how long the caller waited for a slot (T2), the cause that came with the end (RFC 3326),
-- and whose the link of the incident is (T8). NULL for calls before; the facts have it.

-- +goose Up
ALTER TABLE calls ADD COLUMN wait_ms BIGINT;
ALTER TABLE calls ADD COLUMN end_cause TEXT;
ALTER TABLE calls ADD COLUMN incident_owner TEXT;
-- All that figures need of a call, as 0061 has it, and what is new.
DROP INDEX calls_figures;
CREATE INDEX calls_figures ON calls (line, started_at, answered_at, welcomed, duration_ms, statuses, region, origin, place_asked, place_found, place_tries, sms_sent,
    searches, rating, wait_ms, incident_link);

-- +goose Down
DROP INDEX calls_figures;
CREATE INDEX calls_figures ON calls (line, started_at, answered_at, welcomed, duration_ms, statuses, region, origin, place_asked, place_found, place_tries, sms_sent,
    searches, rating);
ALTER TABLE calls DROP COLUMN incident_owner;
ALTER TABLE calls DROP COLUMN end_cause;
ALTER TABLE calls DROP COLUMN wait_ms;
