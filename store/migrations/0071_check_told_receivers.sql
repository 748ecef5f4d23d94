-- What each receiver of alerts was told last of each link: one that was away is told after a restart what the other knows already (T7).

-- +goose Up
CREATE TABLE check_told (
    receiver TEXT NOT NULL,
    link     TEXT NOT NULL,
    state    TEXT NOT NULL,
    PRIMARY KEY (receiver, link)
);
INSERT INTO check_told (receiver, link, state) SELECT 'webhook', name, told FROM check_links WHERE told <> '';
INSERT INTO check_told (receiver, link, state) SELECT 'mail', name, told FROM check_links WHERE told <> '';
ALTER TABLE check_links DROP COLUMN told;

-- +goose Down
ALTER TABLE check_links ADD COLUMN told TEXT NOT NULL DEFAULT '';
DROP TABLE check_told;
