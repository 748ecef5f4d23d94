package record

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"
)

// What is known of a call's quality reaches the trace; what is not stays null.
func TestQualityInTheTrace(t *testing.T) {
	db := database(t, t.TempDir())
	at := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	good := wholeCall("a", at, "production")
	good = append(good[:len(good)-1], Fact{CallID: "a", At: at.Add(time.Minute), Kind: Quality, Data: map[string]any{
		"mos": 4.31, "mos_out": 4.1, "loss": 0.0125, "jitter_ms": 2.5, "rtt_ms": 41.0, "rtt_max_ms": 60.0, "concealed": 0.01}}, good[len(good)-1])
	kept(t, db, good...)
	kept(t, db, wholeCall("b", at.Add(time.Hour), "production")...)
	var j bytes.Buffer
	if err := WriteJSON(&j, Traces(t.Context(), db, Filter{})); err != nil {
		t.Fatal(err)
	}
	var rows []struct {
		MOS     *float64
		Quality map[string]*float64
	}
	if err := json.Unmarshal(j.Bytes(), &rows); err != nil || len(rows) != 2 {
		t.Fatalf("%v: %s", err, j.String())
	}
	q := rows[0].Quality
	if *rows[0].MOS != 4.31 || *q["mos_out"] != 4.1 || *q["loss"] != 0.0125 || *q["rtt_max_ms"] != 60 || q["loss_out"] != nil {
		t.Errorf("%s", j.String())
	}
	if rows[1].Quality != nil || rows[1].MOS != nil {
		t.Errorf("a quality that nobody told: %v", rows[1].Quality)
	}
	var c strings.Builder
	if err := WriteCSV(&c, Traces(t.Context(), db, Filter{})); err != nil {
		t.Fatal(err)
	}
	table, err := csv.NewReader(strings.NewReader(c.String())).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	loss := slices.Index(table[0], "loss")
	if loss < 0 || table[1][loss] != "0.0125" || table[2][loss] != "" || len(table[0]) != len(table[1]) {
		t.Errorf("%v", table)
	}
}
