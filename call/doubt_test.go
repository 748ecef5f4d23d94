package call

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/acotel/acotel-sbc/asr/scripted"
	"github.com/acotel/acotel-sbc/dialog/nlu/chooser"
	"github.com/acotel/acotel-sbc/record"
)

// doubtful is an exchange whose caller says what no rule understands, beside a model that answers like that.
func doubtful(t *testing.T, answer http.HandlerFunc) *exchange {
	t.Helper()
	model := httptest.NewServer(answer)
	t.Cleanup(model.Close)
	asked, err := chooser.New(chooser.Config{URL: model.URL, Model: "m", Format: chooser.FormatObject, Timeout: patience, Below: 0.5, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(asked.Close)
	return serving(t, func(c *Config) { c.Recognizer, c.Chooser = scripted.New("le machin là"), asked })
}

// turns are the caller's turns in the record: intent and who understood it.
func (x *exchange) turns() (list [][2]any) {
	for _, f := range x.factsOf(record.Turn) {
		if f.Data["who"] == "caller" {
			list = append(list, [2]any{f.Data["intent"], f.Data["by"]})
		}
	}
	return list
}

// TestModelChooses: a turn that the rules do not understand waits for the model's choice.
func TestModelChooses(t *testing.T) {
	t.Parallel()
	x := doubtful(t, func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{"choices": []any{map[string]any{"message": map[string]any{"content": `{"intent":"price","entities":[]}`}}}})
	})
	p := x.ring("0970000000")
	x.afterNotice(p)
	p.say(time.Second)
	until(t, "the turn", func() bool { return len(x.turns()) > 0 })
	if got := x.turns(); got[0] != [2]any{"price", "model"} {
		t.Errorf("turns %v", got)
	}
	p.hangUp()
}

// TestNobodyWaitsForTheModel: a key ends the wait, and the turn is what the rules made of it.
func TestNobodyWaitsForTheModel(t *testing.T) {
	t.Parallel()
	asked := make(chan struct{}, 1)
	x := doubtful(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // or the server does not see the client go
		asked <- struct{}{}
		<-r.Context().Done()
	})
	p := x.ring("0970000000")
	x.afterNotice(p)
	p.say(time.Second)
	<-asked
	p.key("84100#")
	until(t, "the turn", func() bool { return len(x.turns()) > 0 })
	if got := x.turns(); got[0] != [2]any{"unclear", "rules"} {
		t.Errorf("turns %v", got)
	}
	p.hangUp()
}
