package e2e

import (
	"fmt"
	"testing"
	"time"

	"github.com/acotel/acotel-sbc/store/storetest"
)

// The service keeps its calls in PostgreSQL, and the reports read them there.
func TestServeOnPostgres(t *testing.T) {
	t.Parallel()
	url := storetest.Schema(t)
	s := serve(t, t.TempDir(), "--set", "data.database="+url)
	s.call("--from", "0639980001", "--dtmf", "84000#", "--linger", "40s")
	s.stop()
	out, errOut, code := program(t, "", "stats", "--json", "--measure", "presentes", "--data", s.data, "--set", "data.database="+url)
	if code != 0 {
		t.Fatalf("stats: %s", errOut)
	}
	var got struct {
		Rows []struct{ Value float64 }
	}
	decode(t, out, &got)
	if len(got.Rows) != 1 || got.Rows[0].Value != 1 {
		t.Errorf("stats %s", out)
	}
	eventually(t, 20*time.Second, func() string {
		list := traces(t, s.data, "--set", "data.database="+url)
		if len(list) != 1 || !list[0].has("efficace") {
			return fmt.Sprintf("traces %+v", list)
		}
		return ""
	})
}
