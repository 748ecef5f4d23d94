-- What people were told last of each link, so that an alert that could not be sent outlives a restart (T7).

-- +goose Up
ALTER TABLE check_links ADD COLUMN told TEXT NOT NULL DEFAULT '';
UPDATE check_links SET told = state;

-- +goose Down
ALTER TABLE check_links DROP COLUMN told;
