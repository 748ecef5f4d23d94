-- Each minute in which the service could take calls, and each in which it ran but could not, with the reason (K12). A minute without a row
-- is one in which it did not run.

-- +goose Up
CREATE TABLE availability (
    minute TEXT PRIMARY KEY,
    open   BOOLEAN NOT NULL,
    reason TEXT NOT NULL DEFAULT ''
);

-- +goose Down
DROP TABLE availability;
