-- The local copy of the workshops (D3), replaced as a whole by a good refresh.

-- +goose Up
CREATE TABLE workshops (
    id          TEXT PRIMARY KEY,
    cycle       TEXT NOT NULL DEFAULT '',
    session     BIGINT NOT NULL DEFAULT 0,
    sessions    BIGINT NOT NULL DEFAULT 0,
    title       TEXT NOT NULL DEFAULT '',
    theme       TEXT NOT NULL DEFAULT '',
    module      TEXT NOT NULL DEFAULT '',
    date        TEXT NOT NULL DEFAULT '',
    start_time  TEXT NOT NULL DEFAULT '',
    end_time    TEXT NOT NULL DEFAULT '',
    venue       TEXT NOT NULL DEFAULT '',
    address     TEXT NOT NULL DEFAULT '',
    postal_code TEXT NOT NULL DEFAULT '',
    city        TEXT NOT NULL DEFAULT '',
    insee       TEXT NOT NULL DEFAULT '',
    lat         DOUBLE PRECISION,
    lon         DOUBLE PRECISION,
    region      TEXT NOT NULL DEFAULT '',
    price       TEXT NOT NULL DEFAULT '',
    organiser   TEXT NOT NULL DEFAULT '',
    phone       TEXT NOT NULL DEFAULT '',
    status      TEXT NOT NULL DEFAULT '',
    remote      BOOLEAN NOT NULL DEFAULT FALSE,
    description TEXT NOT NULL DEFAULT ''
);
CREATE INDEX workshops_date ON workshops (date);

CREATE TABLE workshop_meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- +goose Down
DROP TABLE workshop_meta;
DROP TABLE workshops;
