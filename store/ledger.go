package store

import (
	"context"
	"database/sql"

	"github.com/pressly/goose/v3"
)

// ledgerGuards are migrations 41 and 42: triggers that let nobody change, delete or replace an entry of the ledger. Only content may be emptied,
// when its retention has passed; its hash and the chain stay. Triggers are written differently for each database, so these migrations are code.
func ledgerGuards(d goose.Dialect) []*goose.Migration {
	up, down := sqliteGuard, sqliteUnguard
	replaceUp, replaceDown := sqliteReplaceGuard, sqliteReplaceUnguard
	if d == postgresDialect {
		up, down = postgresGuard, postgresUnguard
		replaceUp, replaceDown = nil, nil // ON CONFLICT DO UPDATE is an update there
	}
	run := func(statements []string) *goose.GoFunc {
		return &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
			for _, s := range statements {
				if _, err := tx.ExecContext(ctx, s); err != nil {
					return err
				}
			}
			return nil
		}}
	}
	return []*goose.Migration{goose.NewGoMigration(41, run(up), run(down)), goose.NewGoMigration(42, run(replaceUp), run(replaceDown))}
}

var (
	sqliteGuard = []string{
		`CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END`,
		`CREATE TRIGGER ledger_no_update BEFORE UPDATE ON ledger
			WHEN NEW.content <> '' OR NEW.seq <> OLD.seq OR NEW.at <> OLD.at OR NEW.kind <> OLD.kind OR NEW.content_hash <> OLD.content_hash OR NEW.prev <> OLD.prev OR NEW.hash <> OLD.hash
			BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END`,
	}
	sqliteUnguard = []string{`DROP TRIGGER ledger_no_update`, `DROP TRIGGER ledger_no_delete`}

	// INSERT OR REPLACE deletes the old row without a word to triggers of DELETE (sqlite.org/lang_conflict.html).
	sqliteReplaceGuard = []string{
		`CREATE TRIGGER ledger_no_replace BEFORE INSERT ON ledger WHEN EXISTS (SELECT 1 FROM ledger WHERE seq = NEW.seq)
			BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END`,
	}
	sqliteReplaceUnguard = []string{`DROP TRIGGER ledger_no_replace`}

	postgresGuard = []string{
		`CREATE FUNCTION ledger_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
		BEGIN
			IF TG_OP = 'UPDATE' THEN
				IF NEW.content = '' AND NEW.seq = OLD.seq AND NEW.at = OLD.at AND NEW.kind = OLD.kind AND NEW.content_hash = OLD.content_hash
					AND NEW.prev = OLD.prev AND NEW.hash = OLD.hash THEN
					RETURN NEW;
				END IF;
			END IF;
			RAISE EXCEPTION 'the ledger is append-only';
		END $$`,
		`CREATE TRIGGER ledger_no_change BEFORE UPDATE OR DELETE ON ledger FOR EACH ROW EXECUTE FUNCTION ledger_append_only()`,
		`CREATE TRIGGER ledger_no_truncate BEFORE TRUNCATE ON ledger FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only()`,
	}
	postgresUnguard = []string{`DROP TRIGGER ledger_no_truncate ON ledger`, `DROP TRIGGER ledger_no_change ON ledger`, `DROP FUNCTION ledger_append_only`}
)
