-- +goose Up
-- All that figures need of a call, so that a year of calls is counted from the index alone (record.ComputeStats).
CREATE INDEX calls_figures ON calls (line, started_at, answered_at, welcomed, duration_ms, statuses, region, origin, place_asked, place_found, place_tries, sms_sent,
    searches, rating);

-- +goose Down
DROP INDEX calls_figures;
