package dialog

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/acotel/acotel-sbc/dialog/nlu"
	"github.com/acotel/acotel-sbc/place"
	"github.com/acotel/acotel-sbc/record"
	"github.com/acotel/acotel-sbc/workshop"
)

// Config is what a conversation is made of. Messages, Gazetteer and Parser are shared by all calls; nil means the embedded ones.
type Config struct {
	Messages  *Messages
	Gazetteer *place.Gazetteer
	Parser    *nlu.Parser
	Settings  Settings
	Seed      uint64 // chooses the wordings
}

// Dialog is one conversation. It is not safe for concurrent use: one goroutine owns it.
type Dialog struct {
	msgs *Messages
	gaz  *place.Gazetteer
	nlu  *nlu.Parser
	set  Settings
	seed uint64

	now          time.Time
	out          []Action
	caller       Caller
	rate, volume float64
	uses         map[string]int // how often a message was said, to vary its wordings
	says         int            // Says so far, for their IDs

	memory
	asked   memory   // as it was when the question was put
	history []memory // for "back", newest last

	prompt    []said          // what was said since the caller's last answer
	asides    int             // how many of them are not worth repeating
	cutAt     int             // first part of the prompt that was not heard; -1: all was
	given     understanding   // the turn being handled
	readings  []understanding // all that the recogniser proposed for it, the likeliest first
	resumed   int             // times in a row that the prompt was taken up again
	rephrased bool            // a question had to be put again

	questioned, understood, askedPlace bool // facts that are noted once
	insults, missedInRow               int
	spokenTurns, keyedTurns            int // answers understood, by voice and by key
	deafTurns                          int // that the machine was too busy to hear
	sentKeys                           map[string]bool
	searched                           bool // a search has had its result
	bidFarewell                        bool
	over                               bool // HangUp was given, or the caller is gone
}

// memory is what "back" brings back.
type memory struct {
	at      step
	misses  int    // on the question being asked
	astray  int    // turns in a row that led away from it; the same thing said again weighs double
	strayed string // the last intent that did

	spot       spot               // where to search
	department string             // the caller named it before the town
	options    []spot             // places to choose from
	rejected   []string           // commune and postal codes the caller said no to
	hinted     map[string]float64 // how likely earlier answers to the same question made each place
	tries      int                // answers to "where?" so far

	wanted     wanted
	wished     wishes
	missedWish bool // nothing was as wished
	without    int  // how much of what was wanted had to be left out: 0 nothing, 1 the module, 2 the theme
	result     workshop.Result
	themes     []string // left to offer
	offered    []string // the one or two on offer
	list       []workshop.Workshop
	index      int                 // of the workshop being told
	batch      int                 // told since the last offer of more
	told       []string            // IDs told in this call
	lastTold   []workshop.Workshop // the one or two told last, for "le numéro, déjà ?"
	chosen     string              // ID the caller wants
	long       bool                // the long form of the results question was said
	pending    string              // ID being told, not yet heard
	detail     string              // ID whose description was told last

	question int // rating question
	care     string
	resume   step // where a care message came from
}

// said is one Say of the prompt.
type said struct {
	id, key, text string
	question      bool // the answer is expected to this one
}

// New begins a conversation. Embedded messages and rules are read once per process; that they are sound is what the package's tests
// prove, so a fault in them is a broken build and panics.
func New(c Config) *Dialog {
	d := &Dialog{msgs: c.Messages, gaz: c.Gazetteer, nlu: c.Parser, set: c.Settings.withDefaults(), seed: c.Seed,
		uses: map[string]int{}, sentKeys: map[string]bool{}, cutAt: -1}
	d.at = welcomeStep{}
	if d.msgs == nil {
		d.msgs = must(DefaultMessages())
	}
	if d.gaz == nil {
		d.gaz = must(place.Default())
	}
	if d.nlu == nil {
		d.nlu = must(nlu.New(d.gaz))
	}
	d.rate, d.volume = d.set.Rate, d.set.Volume
	return d
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// Handle takes the next event and says what to do, in order. After HangUp, or once the caller is gone, it does nothing more.
func (d *Dialog) Handle(e Event) []Action {
	if d.over {
		return nil
	}
	d.now, d.out = e.when(), nil
	switch e := e.(type) {
	case Started:
		d.start(e)
	case Heard:
		d.hear(e)
	case Keyed:
		d.key(e)
	case Unheard:
		d.unheard()
	case NoInput:
		d.silence()
	case Spoken:
		d.spoken()
	case Cut:
		d.cut(e)
	case SearchDone:
		d.searchDone(e)
	case SearchFailed:
		d.incident("catalogue")
	case SMSDone:
		d.smsDone(e)
	case Returned:
		d.returned()
	case Incident:
		d.incident(e.Link)
	case HungUp:
		d.over = true
	}
	d.noteService()
	return d.out
}

// State is the contract's word for what is expected now; "" while nothing is.
func (d *Dialog) State() string { return d.at.state() }

// Step is the name of the step in the graph.
func (d *Dialog) Step() string { return d.at.name() }

// Over says that the conversation has ended.
func (d *Dialog) Over() bool { return d.over }

// say queues a message.
func (d *Dialog) say(key string, v vars) { d.speak(key, v, false, true) }

// ask queues a message that is the question to be answered. Callers who speak need not hear the keys.
func (d *Dialog) ask(key string, v vars) {
	if d.withoutKeys(key) {
		key += spokenForm
	}
	d.speak(key, v, true, true)
}

// withoutKeys says that a question is put in its spoken form.
func (d *Dialog) withoutKeys(key string) bool {
	return len(d.msgs.variants[key+spokenForm]) > 0 && d.spokenTurns >= speaks && d.keyedTurns == 0
}

// speaks is how many turns must have been understood for a caller to count as one who speaks.
const speaks = 2

// aside queues a message that a "repeat" leaves out: acknowledgements, apologies.
func (d *Dialog) aside(key string, v vars) {
	d.speak(key, v, false, true)
	d.asides = len(d.prompt)
}

func (d *Dialog) speak(key string, v vars, question, interruptible bool) {
	variants := d.msgs.variants[key]
	if len(variants) == 0 {
		return // an optional message that the file leaves out
	}
	all := vars{"site": d.set.Site, "scale": strconv.Itoa(d.set.RatingScale)}
	for k, s := range v {
		all[k] = s
	}
	text := expand(variants[d.variant(key, len(variants))], all)
	d.voice(said{key: key, text: text, question: question}, interruptible)
}

// remark says something that is no part of the prompt: the question stays as it was put.
func (d *Dialog) remark(key string) {
	prompt, asides := d.prompt, d.asides
	d.say(key, nil)
	d.prompt, d.asides = prompt, asides
}

// voice emits a Say and remembers it as part of the prompt.
func (d *Dialog) voice(s said, interruptible bool) {
	d.says++
	s.id = "s" + strconv.Itoa(d.says)
	d.prompt = append(d.prompt, s)
	d.out = append(d.out, Say{ID: s.id, Message: s.key, Text: s.text, Interruptible: interruptible, Rate: d.rate, Volume: d.volume})
}

// variant walks through the wordings of a message, beginning where seed and key say.
func (d *Dialog) variant(key string, n int) int {
	h := fnv.New64a()
	fmt.Fprintf(h, "%d %s", d.seed, key)
	use := d.uses[key]
	d.uses[key]++
	return int((h.Sum64() + uint64(use)) % uint64(n))
}

// turnOver begins the answer to what the caller did: what is said from here on is a new prompt.
func (d *Dialog) turnOver() {
	d.prompt, d.asides, d.cutAt = nil, 0, -1
}

// note adds a fact to the record; pairs are keys and values of its data.
func (d *Dialog) note(kind record.Kind, pairs ...any) {
	f := record.Fact{At: d.now, Kind: kind}
	for i := 0; i+1 < len(pairs); i += 2 {
		if f.Data == nil {
			f.Data = map[string]any{}
		}
		f.Data[pairs[i].(string)] = pairs[i+1]
	}
	d.out = append(d.out, Note{f})
}

// noteService writes down what the service has just said, as one turn.
func (d *Dialog) noteService() {
	var texts []string
	for _, a := range d.out {
		if s, ok := a.(Say); ok {
			texts = append(texts, s.Text)
		}
	}
	if len(texts) > 0 {
		d.note(record.Turn, "who", "service", "text", strings.Join(texts, " "), "state", d.at.state())
	}
}

// listen says what may be answered now.
func (d *Dialog) listen() { d.listenFor(d.patience()) }

func (d *Dialog) listenFor(silence time.Duration) {
	x := d.at.expects(d)
	d.asked = d.memory
	d.out = append(d.out, Listen{
		State:   d.at.state(),
		Hints:   d.hints(x),
		NoInput: silence,
		Keys:    KeyRule{Choices: x.keys, Lone: d.set.LoneKey, Gap: d.set.KeyGap},
	})
}

func (d *Dialog) patience() time.Duration {
	if d.misses > 0 {
		return d.set.NoInputAgain
	}
	return d.set.NoInput
}

// enter goes to a step and asks its question.
func (d *Dialog) enter(s step) {
	d.goTo(s)
	d.at.ask(d)
	d.listen()
}

// goTo goes to a step without a word. What the caller can come back to is remembered.
func (d *Dialog) goTo(s step) {
	if s != d.at {
		d.remember()
	}
	d.at, d.misses, d.astray, d.strayed, d.resumed = s, 0, 0, "", 0
}

// maxHistory is how far back "back" can go.
const maxHistory = 12

// remember keeps the question as it was put: what its answer changed is undone by "back".
func (d *Dialog) remember() {
	if d.at.state() == "" || d.asked.at != d.at {
		return
	}
	if len(d.history) == maxHistory {
		d.history = append(d.history[:0], d.history[1:]...)
	}
	d.history = append(d.history, d.asked)
}

// hangUp ends the conversation.
func (d *Dialog) hangUp(reason string) {
	d.at = endStep{}
	d.over = true
	d.out = append(d.out, HangUp{Reason: reason})
}

// incident tells the caller that something is broken and ends (T3).
func (d *Dialog) incident(link string) {
	d.turnOver()
	d.note(record.Incident, "link", link)
	d.say("incident.sorry", nil)
	d.hangUp("incident")
}

// spoken: everything queued was heard.
func (d *Dialog) spoken() {
	d.cutAt = -1
	d.heardQuestion()
	d.heardWorkshop()
}

// heardQuestion notes that the open question was put (K1).
func (d *Dialog) heardQuestion() {
	if !d.questioned {
		d.questioned = true
		d.note(record.QuestionAsked)
	}
}

// heardWorkshop notes that a workshop was told: the caller has heard it, or has answered after the better part of it.
func (d *Dialog) heardWorkshop() {
	if d.pending == "" || (d.cutAt >= 0 && d.cutAt < len(d.prompt)/2) {
		return
	}
	d.note(record.Told, "workshop_id", d.pending)
	d.told = append(slices.Clone(d.told), d.pending)
	if i := slices.IndexFunc(d.list, func(w workshop.Workshop) bool { return w.ID == d.pending }); i >= 0 {
		d.lastTold = append(slices.Clone(d.lastTold[max(0, len(d.lastTold)-1):]), d.list[i])
	}
	d.pending = ""
}

// cut: the caller spoke over the voice. What was not heard is remembered, in case the words turn out to be no answer.
func (d *Dialog) cut(e Cut) {
	d.cutAt = -1
	for i, s := range d.prompt {
		if sayNumber(e.SayID) <= sayNumber(s.id) { // this one, or all of the prompt waited behind an earlier one
			d.cutAt = i
			break
		}
	}
	if d.cutAt >= 0 && d.prompt[d.cutAt].id == e.SayID && e.Fraction >= heardEnough {
		d.cutAt++
	}
}

// sayNumber is the running number in the ID of a Say.
func sayNumber(id string) int {
	n, _ := strconv.Atoi(strings.TrimPrefix(id, "s"))
	return n
}

// heardEnough is the share of a sentence after which it need not be said again.
const heardEnough = 0.85
