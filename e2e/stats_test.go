package e2e

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/acotel/acotel-sbc/store"
)

// Who gives up an answer of millions of rows does not get the rest of it, in each form.
func TestStatsGivenUpInTheMiddle(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db, err := store.Open(t.Context(), store.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for _, form := range []string{"--json", "--csv", ""} {
		cmd := exec.Command(binary, strings.Fields("stats --from 2010-01-01 --to 2025-12-31 --by half-hour --data "+dir+" "+form)...)
		var errOut strings.Builder
		cmd.Stderr = &errOut
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		_, err = io.ReadFull(out, make([]byte, 1<<10)) // it has begun
		if err = errors.Join(err, cmd.Process.Signal(os.Interrupt)); err != nil {
			t.Error(err)
		}
		n, err := io.Copy(io.Discard, out)
		if err != nil {
			t.Error(err)
		}
		_ = cmd.Wait() // its status is looked at
		if code := cmd.ProcessState.ExitCode(); code != 1 || !strings.Contains(errOut.String(), "interrupted") {
			t.Errorf("%q: status %d after %d bytes more, %s", form, code, n, errOut.String())
		}
	}
}
