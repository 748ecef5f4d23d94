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

// How a call ended that went another way is in its trace: the wait (T2), the reason and the cause of the end, whose the incident is (T8).
func TestEndsInTheTrace(t *testing.T) {
	db := database(t, t.TempDir())
	kept(t, db, lived("presented line=production", "answered", "waiting position=1", "admitted waited_s=3", "incident link=catalogue owner=source",
		"incident link=voice owner=ours", "ended by=remote reason=bye cause=SIP;cause=487")...)
	other := lived("presented line=production", "answered", "waiting position=2", "refused reason=waited", "ended by=local")
	for i := range other {
		other[i].CallID = "d"
	}
	other[3].Data["waited_s"] = 60.25
	kept(t, db, other...)
	kept(t, db, wholeCall("e", noon.Add(time.Hour), "production")...)
	got := listed(t, db, Filter{})
	if len(got) != 3 {
		t.Fatalf("%+v", got)
	}
	c, d, e := got[0], got[1], got[2]
	if *c.WaitS != 3 || *c.Reason != "bye" || *c.Cause != "SIP;cause=487" || c.Incident.Link != "catalogue" || *c.Incident.Owner != "source" {
		t.Errorf("%+v", c)
	}
	if *d.WaitS != 60.25 || d.Cause != nil || d.Incident != nil || e.WaitS != nil {
		t.Errorf("%+v, %+v", d, e)
	}
}
