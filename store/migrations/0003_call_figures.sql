-- What measures count and no column told yet: whether the welcome began (K12), how many searches were made (K13).

-- +goose Up
ALTER TABLE calls ADD COLUMN welcomed BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE calls ADD COLUMN searches BIGINT NOT NULL DEFAULT 0;
UPDATE calls SET
    welcomed = EXISTS (SELECT 1 FROM facts WHERE facts.call_id = calls.id AND facts.kind = 'welcome_started'),
    searches = (SELECT COUNT(*) FROM facts WHERE facts.call_id = calls.id AND facts.kind = 'search');

-- +goose Down
ALTER TABLE calls DROP COLUMN searches;
ALTER TABLE calls DROP COLUMN welcomed;
