package dialog_test

import (
	"testing"

	"github.com/acotel/acotel-sbc/dialog"
)

// TestReturned: who put the call on hold is asked the same question again when back; while nothing is asked nothing is said.
func TestReturned(t *testing.T) {
	d := dialog.New(dialog.Config{Gazetteer: gazetteer(t)})
	d.Handle(dialog.Started{At: monday})
	state := d.State()
	got := d.Handle(dialog.Returned{At: monday})
	var messages []string
	listens := false
	for _, a := range got {
		switch a := a.(type) {
		case dialog.Say:
			messages = append(messages, a.Message)
		case dialog.Listen:
			listens = a.State == state
		}
	}
	if len(messages) < 2 || messages[0] != "command.returned" || !listens || d.State() != state {
		t.Errorf("said %v, listens %v, state %q", messages, listens, d.State())
	}
	d.Handle(dialog.Keyed{At: monday, Keys: "84400"}) // a search begins
	if got := d.Handle(dialog.Returned{At: monday}); len(got) != 0 {
		t.Errorf("during the search: %v", got)
	}
}
