package record

import (
	"slices"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, time.May, 4, 10, 0, 0, 0, time.UTC)

// lived makes the facts of a call from words: "kind" or "kind key=value …", two seconds apart.
func lived(words ...string) (facts []Fact) {
	for i, w := range words {
		parts := strings.Fields(w)
		f := Fact{CallID: "c", At: noon.Add(time.Duration(i) * 2 * time.Second), Kind: Kind(parts[0]), Data: map[string]any{}}
		for _, p := range parts[1:] {
			k, v, _ := strings.Cut(p, "=")
			switch v {
			case "0", "1", "2", "3", "4":
				f.Data[k] = int(v[0] - '0')
			default:
				f.Data[k] = v
			}
		}
		facts = append(facts, f)
	}
	return facts
}

func TestStatuses(t *testing.T) {
	begin := []string{"presented line=production", "answered", "welcome_started", "welcomed", "question_asked"}
	with := func(more ...string) []string { return append(slices.Clone(begin), more...) }
	for name, tt := range map[string]struct {
		facts []string
		want  string
	}{
		"rings only":                             {[]string{"presented", "ended by=remote"}, ""},
		"leaves during the welcome":              {[]string{"presented", "answered", "welcome_started", "ended by=remote"}, "non_traite abandonne"},
		"leaves after the question":              {with("ended by=remote"), "non_traite abandonne"},
		"still talking":                          {with(), ""},
		"is never understood":                    {with("not_understood", "not_understood", "ended by=local"), "non_traite"},
		"is understood and leaves":               {with("understood", "ended by=remote"), "traite abandonne"},
		"keys a code":                            {with("place_found postal_code=84000", "ended by=remote"), "traite abandonne"},
		"finds a workshop and leaves":            {with("understood", "place_found", "search found=3", "ended by=remote"), "requete efficace traite"},
		"finds nothing":                          {with("understood", "search found=0", "ended by=remote"), "requete non_efficace traite"},
		"finds nothing, then something":          {with("understood", "search found=0", "search found=1", "ended by=remote"), "requete efficace traite"},
		"to the end, without rating":             {with("understood", "search found=1", "goodbye", "rating_asked question=q1", "ended by=remote"), "requete efficace traite abouti"},
		"to the end and rates":                   {with("understood", "search found=1", "goodbye", "rating_asked question=q1", "rated question=q1 mark=4", "ended by=local"), "requete efficace traite abouti evalue"},
		"rates one of two":                       {with("understood", "search found=1", "goodbye", "rating_asked question=q1", "rated question=q1 mark=4", "rating_asked question=q2", "ended by=remote"), "requete efficace traite abouti"},
		"is ill":                                 {with("understood", "marked mark=malade", "ended by=remote"), "traite abandonne malade"},
		"insults and is left":                    {with("understood", "marked mark=incivilite", "ended by=local"), "traite incivilite"},
		"insults, calms down and says goodbye":   {with("understood", "marked mark=incivilite", "search found=1", "goodbye", "ended by=local"), "requete efficace traite abouti"},
		"out of scope":                           {with("understood", "marked mark=hors_sujet", "goodbye", "ended by=local"), "traite abouti hors_sujet"},
		"out of scope, then a search":            {with("understood", "marked mark=hors_sujet", "search found=1", "goodbye", "ended by=local"), "requete efficace traite abouti"},
		"our program dies":                       {with("understood", "interrupted"), "traite interrompu"},
		"waits and leaves":                       {[]string{"presented", "answered", "waiting", "waiting_abandoned", "ended by=remote"}, "non_traite abandonne attente_abandonnee"},
		"is turned away":                         {[]string{"presented", "refused status=3", "ended by=none"}, "refuse"},
		"waits in vain":                          {[]string{"presented", "answered", "waiting", "refused", "ended by=local"}, "non_traite refuse"},
		"facts of a call come without its start": {[]string{"search found=1"}, "requete efficace"},
	} {
		var got []string
		for _, s := range Statuses(lived(tt.facts...)) {
			got = append(got, string(s))
		}
		if text := strings.Join(got, " "); text != tt.want {
			t.Errorf("%s: %q, want %q", name, text, tt.want)
		}
	}
}

func TestSummary(t *testing.T) {
	s := Summarise(lived("presented line=production called=0970000000 caller_masked=063998•••• origin=mobile trunk=t", // 0 s
		"answered codec=PCMA", "welcome_started", "welcomed", // 2, 4, 6 s
		"place_heard", "place_heard", "place_found postal_code=84000 region=sud-est insee=84007", // 8 to 12 s
		"search found=2", "incident link=sms", "incident link=voice", // 14 to 18 s
		"sms_sent key=a", "sms_sent key=a", "sms_sent key=b", // 20 to 24 s
		"rating_asked question=q1", "rated question=q1 mark=3", "rated question=q2 mark=1", // 26 to 30 s
		"quality mos=4", "ended by=remote reason=bye")) // 32, 34 s
	if s.ID != "c" || s.Line != "production" || s.CallerMasked != "063998••••" || s.Origin != "mobile" || s.Codec != "PCMA" || s.EndedBy != "remote" {
		t.Errorf("%+v", s)
	}
	if *s.Duration != 32*time.Second || *s.Welcome != 2*time.Second || *s.Conversation != 28*time.Second {
		t.Errorf("lasted %v: %v and %v", *s.Duration, *s.Welcome, *s.Conversation)
	}
	if s.Region != "sud-est" || s.PostalCode != "84000" || *s.PlaceTries != 2 || s.SMSSent != 2 || *s.Rating != 3 || *s.MOS != 4 || s.IncidentLink != "sms" {
		t.Errorf("%+v", s)
	}
	if s := Summarise(lived("presented", "answered", "place_heard", "ended by=remote")); *s.PlaceTries != 1 || s.PlaceFound || s.Welcome != nil {
		t.Errorf("a place that was never found: %+v", s)
	}
	if s := Summarise(lived("presented")); s.Duration != nil || s.EndedAt != nil || s.MOS != nil || s.Rating != nil || s.PlaceTries != nil {
		t.Errorf("what is unknown must be nil: %+v", s)
	}
	back := lived("presented", "answered", "ended by=remote")
	back[2].At = noon.Add(-time.Hour)
	if s := Summarise(back); *s.Duration != 0 {
		t.Errorf("a clock that was set back gives %v", *s.Duration)
	}
}
