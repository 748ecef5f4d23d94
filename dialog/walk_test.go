package dialog_test

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/acotel/acotel-sbc/dialog"
	"github.com/acotel/acotel-sbc/workshop"
)

// walker is a caller who does anything at any time, and watches that the service never gets stuck, says nothing empty and leaves no
// variable open.
type walker struct {
	t       testing.TB
	d       *dialog.Dialog
	search  func(workshop.Query, workshop.Settings) (workshop.Result, error)
	sendSMS func() bool
	now     time.Time
	origin  dialog.Origin
	keys    bool // presses keys, too

	patterns map[string][]*regexp.Regexp // of the messages as they are filled in
	said     map[string]bool             // message keys
	steps    map[[2]string]bool          // transitions
	log      []string
	last     []dialog.Say // of the last reply
}

// patternsOf makes each wording a pattern in which a variable must have a value.
func patternsOf(m *dialog.Messages) map[string][]*regexp.Regexp {
	out := map[string][]*regexp.Regexp{}
	variable := regexp.MustCompile(`\\\{[a-z_]+\\\}`)
	for _, key := range m.Keys() {
		for _, text := range m.Variants(key) {
			p := "(?s)^" + variable.ReplaceAllString(regexp.QuoteMeta(text), `(\S|\S.*\S)`) + "$"
			out[key] = append(out[key], regexp.MustCompile(p))
		}
	}
	return out
}

func (w *walker) fail(format string, args ...any) {
	w.t.Helper()
	w.t.Fatalf("%s\n%s", fmt.Sprintf(format, args...), strings.Join(w.log, "\n"))
}

// do hands in an event and all that follows from it, and checks what comes out.
func (w *walker) do(e dialog.Event) {
	w.t.Helper()
	w.log = append(w.log, fmt.Sprintf("[%s] %s", w.d.Step(), short(e)))
	before := w.d.Step()
	listening := w.d.State() != "" && !w.d.Over()
	var said []dialog.Say
	var answers []dialog.Event
	listen, did := false, false
	actions := w.d.Handle(e)
	for _, a := range actions {
		switch a := a.(type) {
		case dialog.Say:
			w.checkSay(a)
			said, listen, did = append(said, a), false, true
		case dialog.Listen:
			listen, did = true, true
			if a.State == "" || a.State != w.d.State() {
				w.fail("listens in state %q while the dialogue is in %q", a.State, w.d.State())
			}
			if a.NoInput <= 0 || a.Keys.Lone <= 0 || a.Keys.Gap <= 0 {
				w.fail("a Listen without times: %+v", a)
			}
		case dialog.Search:
			did = true
			answers = append(answers, w.searched(a))
		case dialog.SendSMS:
			did = true
			if a.Text == "" || len(a.Workshops) == 0 || len(a.Workshops) > 2 || a.Consent == "" {
				w.fail("a message of %d workshops with consent %q: %q", len(a.Workshops), a.Consent, a.Text)
			}
			if w.origin != dialog.Mobile {
				w.fail("a message to a %s", w.origin)
			}
			answers = append(answers, dialog.SMSDone{At: w.now, OK: w.sendSMS(), Reason: "refused"})
		case dialog.HangUp:
			did = true
			if a.Reason == "" || !w.d.Over() {
				w.fail("hangs up without a reason, or goes on")
			}
		}
	}
	if len(said) == 0 || said[0].Message != "command.back" && said[0].Message != "command.restart" {
		w.steps[[2]string{before, w.d.Step()}] = true
	}
	if !w.d.Over() && len(answers) == 0 && (len(said) > 0 && !listen || w.d.State() == "") {
		w.fail("stuck: nobody listens, nothing is awaited")
	}
	if listening && caused(e) && !did {
		w.fail("no answer to %T", e)
	}
	w.sameRepair(e, said)
	for _, a := range answers {
		w.do(a)
	}
}

// short is an event as the log of a walk shows it.
func short(e dialog.Event) string {
	switch e := e.(type) {
	case dialog.Heard:
		return fmt.Sprintf("heard %+v", e.Hypotheses)
	case dialog.Keyed:
		return "keyed " + e.Keys
	case dialog.SearchDone:
		return fmt.Sprintf("found %d", len(e.Result.Workshops))
	case dialog.Cut:
		return fmt.Sprintf("cut %s at %.2f", e.SayID, e.Fraction)
	}
	return fmt.Sprintf("%T", e)
}

// caused says that the event is something a caller expects an answer to.
func caused(e dialog.Event) bool {
	switch e := e.(type) {
	case dialog.Heard, dialog.NoInput:
		return true
	case dialog.Keyed:
		return strings.Trim(e.Keys, "#") != ""
	}
	return false
}

func (w *walker) searched(a dialog.Search) dialog.Event {
	w.now = w.now.Add(20 * time.Millisecond)
	r, err := w.search(a.Query, a.Settings)
	if err != nil {
		return dialog.SearchFailed{At: w.now, Reason: err.Error()}
	}
	return dialog.SearchDone{At: w.now, Result: r}
}

// checkSay: every text is one of the wordings, with all variables filled in, and fit for speech.
func (w *walker) checkSay(s dialog.Say) {
	w.said[s.Message] = true
	w.log = append(w.log, "    > "+s.Message+": "+s.Text)
	fits := false
	for _, p := range w.patterns[s.Message] {
		fits = fits || p.MatchString(s.Text)
	}
	switch {
	case !fits:
		w.fail("message %s with a variable left open: %q", s.Message, s.Text)
	case strings.ContainsAny(s.Text, "{}\uFFFD") || strings.Contains(s.Text, "  ") || strings.Contains(s.Text, "..") || strings.Contains(s.Text, " ."):
		w.fail("message %s is not clean: %q", s.Message, s.Text)
	case s.Rate < 0.5 || s.Rate > 1 || s.Volume < 1 || s.Volume > 2:
		w.fail("rate %v, volume %v", s.Rate, s.Volume)
	}
}

// sameRepair: who was not understood never hears twice in a row the very same words.
func (w *walker) sameRepair(e dialog.Event, said []dialog.Say) {
	if len(said) == 0 {
		return
	}
	if strings.HasPrefix(said[0].Message, "repair.") && texts(said) == texts(w.last) {
		w.fail("the same repair twice in a row after %T: %s", e, texts(said))
	}
	w.last = said
}

func texts(list []dialog.Say) string {
	var out []string
	for _, s := range list {
		out = append(out, s.Text)
	}
	return strings.Join(out, " ")
}

// phrases are what the walker says: answers of every kind, commands, worries, and what is none of these.
var phrases = []string{
	"oui", "non", "oui merci", "non merci", "d'accord", "je ne sais pas", "peut-être", "bonjour", "allô", "merci",
	"je cherche un atelier", "un atelier le matin à Orange", "je cherche un atelier mémoire à Orange", "à Orange", "Orange", "Carpentras", "Apt", "Mende", "Barcelonnette", "Nevers",
	"Nîmes", "à Nîmes", "30000", "Brion", "Saint-Rémy", "dans la Côte-d'Or", "Le Thor", "j'habite au Thor", "Aix", "Beaulieu", "Saint-Rémy", "dans le Vaucluse", "le 84", "84100", "quatre-vingt-quatre mille cent", "84199",
	"841", "zéro six mille", "Xyzville", "à Bolaine", "j'habite à Lorinche", "Brest", "Paris", "le Cher",
	"la mémoire", "le sommeil", "bien dans ma tête", "bien chez soi", "peu importe", "autre", "un", "deux", "le premier", "le deuxième", "le sixième", "le dernier",
	"suivant", "continuez", "détails", "plus de détails", "précédent", "celui-là m'intéresse", "envoyez-moi le message",
	"répétez", "répétez le numéro", "moins vite", "plus fort", "attendez", "retour", "recommencer", "aide", "au revoir", "c'est tout", "je rappellerai plus tard",
	"c'est combien", "c'est une arnaque", "vous êtes un robot", "je veux parler à quelqu'un", "qui vous a donné mon numéro", "c'est quoi ce service",
	"j'hésite, je ne sais pas quoi choisir", "je suis trop vieux", "une autre ville", "une autre recherche",
	"j'ai envie de mourir", "je suis tombée et je n'arrive plus à me relever", "je suis gravement malade", "vous êtes un imbécile", "espèce d'idiot", "ta gueule", "vous êtes nul",
	"ma pension n'a pas été versée", "une aide ménagère", "ma carte vitale", "quel temps fait-il, la météo", "je voudrais commander un taxi",
	"vous êtes bien sur la messagerie, laissez un message après le bip",
	"quatre", "trois", "1", "très bien", "nul", "c'était trop long et je n'ai rien compris", "bla bla truc machin", "oui non oui non", "…", "",
}

// fitting are answers to what was asked: the walker takes one of them half of the time, so that walks go deep.
var fitting = map[string][]string{
	"open":    {"je cherche un atelier à Orange", "je cherche un atelier le matin à Orange", "à Nîmes", "un atelier mémoire", "c'est quoi ce service"},
	"place":   {"Orange", "Nîmes", "Carpentras", "Apt", "Brion"},
	"theme":   {"autre", "peu importe", "un", "deux", "bien chez soi", "à Brion"},
	"results": {"suivant", "suivant", "suivant", "détails", "c'est combien", "non", "celui-là m'intéresse", "retour"},
	"sms":     {"oui", "oui", "oui", "non", "retour", "répétez le numéro", "détails"},
	"more":    {"oui", "non", "à Nîmes", "retour", "envoyez-moi le message", "répétez le numéro"},
	"confirm": {"oui", "non", "Brion", "répétez le numéro"},
	"rating":  {"un", "quatre"},
	"reason":  {"", "", "c'était trop long"},
}

var keyings = []string{"1", "2", "3", "4", "5", "7", "9", "0", "*", "84100", "30000#", "48000", "58000", "99999", "12", "841", "841002", "04400", "29200"}

// chance does one of the many things that can happen.
func (w *walker) chance(r *rand.Rand) {
	w.now = w.now.Add(time.Duration(1+r.IntN(9)) * time.Second)
	if r.IntN(3) == 0 {
		w.do(dialog.Spoken{At: w.now})
	} else if len(w.last) > 0 && r.IntN(4) == 0 {
		w.do(dialog.Cut{At: w.now, SayID: w.last[r.IntN(len(w.last))].ID, Fraction: r.Float64()})
	}
	switch n := r.IntN(100); {
	case n < 60:
		text := phrases[r.IntN(len(phrases))]
		if fit := fitting[w.d.State()]; len(fit) > 0 && r.IntN(2) == 0 {
			text = fit[r.IntN(len(fit))]
		}
		w.do(dialog.Heard{At: w.now, Hypotheses: []dialog.Hypothesis{{Text: text, Confidence: []float64{1, 1, 1, 0.9, 0.7, 0.45, 0.2}[r.IntN(7)]}}})
	case n < 62:
		w.do(dialog.Heard{At: w.now})
	case n < 64:
		w.do(dialog.Heard{At: w.now, Hypotheses: []dialog.Hypothesis{{INSEE: "84087", Confidence: 0.9}, {Text: "Orange", Confidence: 0.8}}})
	case n < 66:
		w.do(dialog.Heard{At: w.now, Hypotheses: []dialog.Hypothesis{{Text: "huit quatre deux cents", PostalCode: []string{"84200", "04400"}[r.IntN(2)], Confidence: r.Float64()}}})
	case n < 92 && w.keys:
		w.do(dialog.Keyed{At: w.now, Keys: keyings[r.IntN(len(keyings))]})
	case n < 92:
		w.do(dialog.Heard{At: w.now, Hypotheses: []dialog.Hypothesis{{Text: "suivant", Confidence: 1}}})
	case n < 93:
		w.do(dialog.Unheard{At: w.now})
	case n < 94:
		w.do(dialog.Returned{At: w.now})
	default:
		w.do(dialog.NoInput{At: w.now})
	}
}

// bare is a catalogue's answer in which everything that may be missing is missing from some workshop.
func bare(t testing.TB, r *rand.Rand) func(workshop.Query, workshop.Settings) (workshop.Result, error) {
	full := catalogue(t)
	return func(q workshop.Query, s workshop.Settings) (workshop.Result, error) {
		found := full.Search(q, s)
		if r.IntN(40) == 0 {
			return workshop.Result{}, errors.New("no answer")
		}
		list := append([]workshop.Workshop(nil), found.Workshops...)
		for i := range list {
			strip(&list[i], r)
		}
		found.Workshops = list
		if r.IntN(4) == 0 {
			found.AsOf = q.From.AddDate(0, 0, -9)
		}
		return found, nil
	}
}

func strip(w *workshop.Workshop, r *rand.Rand) {
	maybe := func(f func()) {
		if r.IntN(5) == 0 {
			f()
		}
	}
	maybe(func() { w.Organiser = "" })
	maybe(func() { w.Phone = "" })
	maybe(func() { w.Summary, w.Description = "", "" })
	maybe(func() { w.Venue = "" })
	maybe(func() { w.Address = "" })
	maybe(func() { w.City = "" })
	maybe(func() { w.End = workshop.Clock{} })
	maybe(func() { w.Start, w.End = workshop.Clock{}, workshop.Clock{} })
	maybe(func() { w.Price = workshop.Price{Kind: workshop.FreeWill} })
	maybe(func() { w.Price = workshop.Euros(550, "") })
	maybe(func() { w.Price = workshop.Price{} })
	maybe(func() { w.Remote = true })
	maybe(func() { w.Session, w.Sessions = 3, 8 })
	maybe(func() { w.Session, w.Sessions, w.Description, w.Address = 0, 0, "", "" })
	maybe(func() { w.Module = "" })
	maybe(func() { w.Description = " . \n\n{accolades} « fin »." })
}

// newWalker begins a call with settings that vary from walk to walk.
func newWalker(t testing.TB, r *rand.Rand, patterns map[string][]*regexp.Regexp, said map[string]bool, steps map[[2]string]bool) *walker {
	set := dialog.Settings{}
	if r.IntN(3) == 0 {
		set.RatingScale, set.RatingBad, set.RatingQuestions = 9, 4, 2
	}
	w := &walker{
		t: t, now: monday, patterns: patterns, said: said, steps: steps,
		keys:    r.IntN(3) > 0,
		origin:  []dialog.Origin{dialog.Mobile, dialog.Landline, dialog.Other, dialog.Withheld}[r.IntN(4)],
		d:       dialog.New(dialog.Config{Gazetteer: gazetteer(t), Seed: r.Uint64(), Settings: set}),
		search:  bare(t, r),
		sendSMS: func() bool { return r.IntN(5) > 0 },
	}
	w.do(dialog.Started{At: w.now, Caller: dialog.Caller{Origin: w.origin, Zone: "84"}})
	return w
}

// TestAnything: whatever happens, the conversation answers, and can be ended in a few turns by silence, by nonsense or by leave-taking.
func TestAnything(t *testing.T) {
	m, err := dialog.DefaultMessages()
	if err != nil {
		t.Fatal(err)
	}
	patterns, said, steps := patternsOf(m), map[string]bool{}, map[[2]string]bool{}
	walks := 1500
	if testing.Short() {
		walks = 300
	}
	for seed := range walks {
		r := rand.New(rand.NewPCG(uint64(seed), 20))
		w := newWalker(t, r, patterns, said, steps)
		w.log = append(w.log, fmt.Sprintf("seed %d", seed))
		for range r.IntN(40) {
			if w.d.Over() {
				break
			}
			w.chance(r)
		}
		w.finish([]string{"silence", "nonsense", "goodbye", "hangup", "incident", "help"}[seed%6])
	}
	if testing.Short() {
		return // too few walks to come everywhere
	}
	for _, key := range m.Keys() {
		if !said[key] && !strings.HasPrefix(key, "call.") && !rare[key] {
			t.Errorf("message %s was never said in %d walks", key, walks)
		}
	}
	checkSteps(t, steps)
}

// rare messages need a chain of turns that chance does not always make.
var rare = map[string]bool{"sms.already": true, "place.unknown": true}

// finish ends the conversation in one way, and counts the turns that it takes.
func (w *walker) finish(way string) {
	most := 10
	if way == "help" {
		most = 25 // questions are borne longer than nonsense, but not for ever
	}
	turns := 0
	for ; turns < most && !w.d.Over(); turns++ {
		w.now = w.now.Add(10 * time.Second)
		switch way {
		case "silence":
			w.do(dialog.NoInput{At: w.now})
		case "nonsense":
			w.do(dialog.Heard{At: w.now, Hypotheses: []dialog.Hypothesis{{Text: "bla bla truc machin", Confidence: 0.9}}})
		case "goodbye":
			w.do(dialog.Heard{At: w.now, Hypotheses: []dialog.Hypothesis{{Text: "au revoir", Confidence: 0.9}}})
		case "help":
			w.do(dialog.Heard{At: w.now, Hypotheses: []dialog.Hypothesis{{Text: []string{"aide", "vous êtes un robot", "quel temps fait-il, la météo"}[turns%3], Confidence: 0.9}}})
		case "hangup":
			w.do(dialog.HungUp{At: w.now})
		case "incident":
			w.do(dialog.Incident{At: w.now, Link: "voice"})
		}
	}
	if !w.d.Over() {
		w.fail("%d turns of %s and the call goes on", most, way)
	}
	if got := w.d.Handle(dialog.Heard{At: w.now, Hypotheses: []dialog.Hypothesis{{Text: "oui", Confidence: 1}}}); got != nil {
		w.fail("acts after the end: %v", got)
	}
}

// checkSteps: the graph knows every way that was taken.
func checkSteps(t *testing.T, steps map[[2]string]bool) {
	next, resumes := map[string][]string{}, map[string]bool{}
	for _, n := range dialog.Graph() {
		next[n.Name], resumes[n.Name] = []string{}, n.Resumes
		for _, w := range n.Ways {
			next[n.Name] = append(next[n.Name], w.To)
		}
	}
	var everywhere []string
	for _, w := range dialog.Anywhere() {
		everywhere = append(everywhere, w.To)
	}
	for s := range steps {
		from, to := s[0], s[1]
		if _, ok := next[to]; !ok {
			t.Errorf("step %s is not in the graph", to)
		}
		if from != to && !slices.Contains(next[from], to) && !slices.Contains(everywhere, to) && !resumes[from] {
			t.Errorf("the graph has no way from %s to %s", from, to)
		}
	}
	for name, ways := range next {
		if name != "welcome" && !slices.ContainsFunc(slices.Collect(maps.Keys(steps)), func(s [2]string) bool { return s[1] == name }) {
			t.Errorf("no walk came to %s", name)
		}
		for _, to := range ways {
			if !steps[[2]string{name, to}] {
				t.Errorf("no walk went from %s to %s, which the graph shows", name, to)
			}
		}
	}
}
