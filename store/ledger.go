package store

import (
	"context"
	"database/sql"

	"github.com/pressly/goose/v3"
)

// ledgerGuard is migration 41: triggers that let nobody change or delete an entry of the ledger. Only content may be emptied, when its
// retention has passed; its hash and the chain stay. Triggers are written differently for each database, so this migration is code.
func ledgerGuard(d goose.Dialect) *goose.Migration {
	up, down := sqliteGuard, sqliteUnguard
	if d == postgresDialect {
		up, down = postgresGuard, postgresUnguard
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
	return goose.NewGoMigration(41, run(up), run(down))
}

var (
	sqliteGuard = []string{
		`CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END`,
		`CREATE TRIGGER ledger_no_update BEFORE UPDATE ON ledger
			WHEN NEW.content <> '' OR NEW.seq <> OLD.seq OR NEW.at <> OLD.at OR NEW.kind <> OLD.kind OR NEW.content_hash <> OLD.content_hash OR NEW.prev <> OLD.prev OR NEW.hash <> OLD.hash
			BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END`,
	}
	sqliteUnguard = []string{`DROP TRIGGER ledger_no_update`, `DROP TRIGGER ledger_no_delete`}

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
