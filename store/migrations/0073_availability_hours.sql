-- Availability by the hour: a bit for each minute in which calls could be taken, and for each in which the service ran and could not (K12).
-- A year is 8,760 rows and not half a million. Of the minutes before, those that were not open stay, with their reason.

-- +goose Up
CREATE TABLE availability_hours (
    hour   TEXT PRIMARY KEY,
    open   BIGINT NOT NULL DEFAULT 0,  -- bit 0 is the hour's first minute; one that is closed, too, is not available
    closed BIGINT NOT NULL DEFAULT 0
);
INSERT INTO availability_hours (hour, open, closed)
    SELECT substr(minute, 1, 13) || ':00:00.000000Z',
        CAST(SUM(CASE WHEN open THEN CAST(1 AS BIGINT) << CAST(substr(minute, 15, 2) AS INTEGER) ELSE 0 END) AS BIGINT),
        CAST(SUM(CASE WHEN open THEN 0 ELSE CAST(1 AS BIGINT) << CAST(substr(minute, 15, 2) AS INTEGER) END) AS BIGINT)
    FROM availability GROUP BY substr(minute, 1, 13);
DELETE FROM availability WHERE open;
ALTER TABLE availability DROP COLUMN open;
ALTER TABLE availability RENAME TO availability_closed;

-- +goose Down
ALTER TABLE availability_closed RENAME TO availability;
ALTER TABLE availability ADD COLUMN open BOOLEAN NOT NULL DEFAULT FALSE;
DROP TABLE availability_hours;
