package privacy

import (
	"errors"
	"strings"
	"testing"

	"github.com/acotel/acotel-sbc/edits"
	"github.com/acotel/acotel-sbc/store/storetest"
)

// Who edited what, and when, is proven by the ledger: whatever is changed in the edits afterwards is found and named.
func TestEditsAreProvenByTheLedger(t *testing.T) {
	for _, c := range []struct{ name, change, says string }{
		{"untouched", "", ""},
		{"another author", "UPDATE edits SET author = 'paul' WHERE id = 2", "version 2 of call.full is by claire, as entry 2 tells, not by paul"},
		{"another text", "UPDATE edits SET body = 'x' WHERE id = 1", "version 1 of welcome.notice is not what entry 1 tells: its sha256"},
		{"another moment", "UPDATE edits SET at = '2026-11-01T00:00:00.000000Z' WHERE id = 3", "version 3 of 0970000000 is not what entry 3 tells: its at"},
		{"gone", "DELETE FROM edits WHERE id = 2", "version 2 of call.full, of which entry 2 tells, is gone"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			db := storetest.OpenIn(t, dir)
			l := OpenLedger(db, dir)
			for _, e := range []edits.Edit{{Kind: edits.Message, Key: "welcome.notice", Body: "Bonjour."}, {Kind: edits.Message, Key: "call.full", Body: "Rappelez."}, {Kind: edits.Line, Key: "0970000000", Body: `{"open":true}`}} {
				e.At, e.Author = today, "claire"
				if _, err := PutEdit(t.Context(), db, l, e); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := PutEdit(t.Context(), db, l, edits.Edit{Kind: edits.Line, Key: "x", At: today}); err == nil {
				t.Error("an edit without author is taken")
			}
			if c.change != "" {
				if _, err := db.ExecContext(t.Context(), c.change); err != nil {
					t.Fatal(err)
				}
			}
			if n, _, err := l.Verify(t.Context(), ""); err != nil || n != 3 {
				t.Fatalf("the ledger itself: %d, %v", n, err)
			}
			n, err := l.VerifyEdits(t.Context())
			switch {
			case c.says == "" && (err != nil || n != 3):
				t.Errorf("%d proven, %v", n, err)
			case c.says != "" && (!errors.Is(err, ErrTampered) || !strings.Contains(err.Error(), c.says)):
				t.Errorf("%v, want %q", err, c.says)
			}
		})
	}
}
