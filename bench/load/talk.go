package load

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/acotel/acotel-sbc/dialog/nlu"
	"github.com/acotel/acotel-sbc/simulate"
)

// TalkOptions are those of `bench talk`.
type TalkOptions struct {
	Conversations int     // in all; 0: as many as begin within Seconds
	NoiseDB       float64 // noise below the caller's speech; 0: a quiet line
	Street        bool    // of a street, not of a line
	EchoDB        float64 // the service's voice comes back this much quieter; 0: it does not
	Hesitations   int     // percent of the turns that hold a pause for thought
	LevelDBov     float64 // of every caller; 0: each their own, -40 to -10
	Transcripts   bool    // keep what was said and heard in the result

	Voices   []string // variants of espeak-ng
	Campaign simulate.Config
	Parser   *nlu.Parser // tells whether two sentences mean the same
}

// check refuses what no line is like. Errors: ErrOptions.
func (o TalkOptions) check() error {
	within := func(v, low, high float64) bool { return v >= low && v <= high } // no NaN is
	switch {
	case o.Conversations < 0:
		return fmt.Errorf("%w: --conversations must be at least 0", ErrOptions)
	case !within(o.NoiseDB, 0, 80):
		return fmt.Errorf("%w: --noise-db must be from 0 to 80: noise so far below the speech", ErrOptions)
	case !within(o.EchoDB, 0, 80):
		return fmt.Errorf("%w: --echo-db must be from 0 to 80: the echo is so much quieter", ErrOptions)
	case o.Hesitations < 0 || o.Hesitations > 100:
		return fmt.Errorf("%w: --hesitations must be from 0 to 100 percent", ErrOptions)
	case !within(o.LevelDBov, -60, 0):
		return fmt.Errorf("%w: --level must be from -60 to 0 dBov", ErrOptions)
	}
	return nil
}

// TalkResult is what `bench talk` finds: conversations by voice.
type TalkResult struct {
	Header
	Turns              int         `json:"turns"`                // that callers spoke
	AnswerMS           Quantiles95 `json:"answer_ms"`            // end of speech → first audible sample of the answer, turns judged complete
	AnswerIncompleteMS Quantiles95 `json:"answer_incomplete_ms"` // the others
	Unanswered         int         `json:"unanswered"`           // turns that nothing was said to
	CutOff             int         `json:"cut_off"`              // turns that were answered before they were over
	Understood         *int        `json:"understood"`           // turns whose meaning came over; null for another server
	NotUnderstood      *int        `json:"not_understood"`
	Recogniser         Recogniser  `json:"recogniser"`
	Conversations      int         `json:"conversations"` // that ended by themselves
	Completed          int         `json:"completed"`     // of them, those that came to a goodbye or to what the caller wanted
	Failed             int         `json:"failed"`        // calls not answered
	PlaceSaid          int         `json:"place_said"`    // callers who said a town or a code
	PlaceFound         *float64    `json:"place_found"`   // share of them
	PlaceFirstTry      *float64    `json:"place_first_try"`
	Stages             []Stage     `json:"stages"`
	Covered            *float64    `json:"covered"`       // waits for the recogniser that were covered by words
	Unheard            *float64    `json:"unheard"`       // turns that the recogniser was too busy for
	RenderedLive       int         `json:"rendered_live"` // sentences that callers said without having rehearsed them
	NoiseDB            float64     `json:"noise_db"`
	Street             bool        `json:"street"`
	EchoDB             float64     `json:"echo_db"`
	Hesitations        int         `json:"hesitations_percent"`
	Samples            []Sample    `json:"samples,omitempty"`
	Slope              *SoakSlope  `json:"slope,omitempty"`
	Transcripts        []Spoken    `json:"transcripts,omitempty"`

	answers *Histogram
}

// Recogniser is what it was busy with.
type Recogniser struct {
	BusyPercent *float64    `json:"busy_percent"` // of all its lanes
	QueueMS     Quantiles95 `json:"queue_ms"`
}

// Stage is a part of the time between the end of speech and the answer.
type Stage struct {
	Name string   `json:"name"`
	P50  *float64 `json:"p50_ms"`
	P95  *float64 `json:"p95_ms"`
}

// Spoken is one turn of a transcript.
type Spoken struct {
	Caller   int      `json:"caller"`
	State    string   `json:"state"`
	Said     string   `json:"said"`
	Heard    string   `json:"heard"`
	Same     bool     `json:"same"`
	Complete bool     `json:"complete"`
	AnswerMS *float64 `json:"answer_ms"`
}

// values are times in ms of which quantiles are wanted; unlike a Histogram they have no end.
type values []float64

func (v values) at(q float64) *float64 {
	if len(v) == 0 {
		return nil
	}
	s := slices.Sorted(slices.Values(v))
	x := round(s[min(len(s)-1, int(math.Ceil(q*float64(len(s))))-1)], 1)
	return &x
}

func (v values) quantiles() Quantiles95 { return Quantiles95{v.at(0.5), v.at(0.95), v.at(1)} }

// The stages of a turn, in their order.
var stages = []string{"end of turn", "queue (early work included)", "encoder", "lexicon search", "decoder", "recogniser, waited for", "dialogue", "voice", "to the ear"}

// talking is the callers of a measurement.
type talking struct {
	r      *rig
	o      TalkOptions
	world  *simulate.World
	actor  *actor
	feed   *feedOf
	noises map[int][]int16 // by level, dBov

	mu            sync.Mutex
	next          int // number of the next caller
	ended         int
	failed        int
	completed     int
	said, found   int
	first         int
	answered      values
	incomplete    values
	queue         values
	stage         map[string]values
	transcripts   []Spoken
	sampled       []Sample
	beganAt       time.Time
	unanswered    int
	cutOff        int
	same, another int
	spent         time.Duration // of the recogniser's lanes, by what the turns tell
}

// Talk holds conversations by voice, Calls at once.
func Talk(ctx context.Context, o Options) (res TalkResult, err error) {
	if err := o.check(); err != nil {
		return res, err
	}
	if o.Calls > 500 {
		return res, fmt.Errorf("%w: --calls must be at most 500", ErrOptions)
	}
	if err := o.Talk.check(); err != nil {
		return res, err
	}
	world, err := simulate.NewWorld(o.Talk.Campaign.Gazetteer)
	if err != nil {
		return res, err
	}
	t := &talking{o: o.Talk, world: world, actor: newActor(), stage: map[string]values{}, noises: map[int][]int16{}}
	if err := t.rehearse(ctx, o); err != nil {
		return res, err
	}
	o.Server.Hears = true
	t.r, err = o.setUp(ctx, SilentTrack())
	if err != nil {
		return res, err
	}
	defer func() { err = errors.Join(err, t.r.close()) }()
	if t.r.server != nil {
		follow, stop := context.WithCancel(context.WithoutCancel(ctx))
		if t.feed, err = t.r.server.conversations(follow); err != nil {
			stop()
			return res, err
		}
		defer func() { stop(); <-t.feed.closed }()
	}
	before := t.r.scrape(ctx)
	s, err := t.r.open()
	if err != nil {
		return res, err
	}
	t.beganAt = time.Now()
	if err := t.run(ctx); err != nil {
		return res, err
	}
	took := time.Since(t.beganAt)
	after := t.r.scrape(ctx)
	h, _, err := s.close("talk", 0)
	if err != nil {
		return res, err
	}
	return t.result(h, took, before, after), nil
}

// rehearse renders what the callers will say when they are understood.
func (t *talking) rehearse(ctx context.Context, o Options) error {
	n := o.Talk.Conversations
	if n == 0 {
		n = o.Calls * (1 + o.Seconds/90)
	}
	work, failed := make(chan int), make(chan error, 1)
	var all sync.WaitGroup
	for range max(1, runtime.GOMAXPROCS(0)) {
		all.Go(func() {
			for id := range work {
				p := personOf(t.o.Campaign.Seed, id, t.o.Voices, t.o)
				for _, line := range t.o.Campaign.Rehearse(ctx, t.world, id) {
					for _, part := range t.parts(p, line.Say) {
						if _, err := t.actor.say(ctx, p, part, false); err != nil {
							select {
							case failed <- err:
							default:
							}
							return
						}
					}
				}
			}
		})
	}
	var err error
	for id := 0; id < n && err == nil; id++ {
		o.Progress("rehearsing, caller %d of %d", id+1, n)
		select {
		case work <- id:
		case err = <-failed:
		case <-ctx.Done():
			err = ctx.Err()
		}
	}
	close(work)
	all.Wait()
	select {
	case e := <-failed:
		err = errors.Join(err, e)
	default:
	}
	return err
}

// parts are what is said without a pause.
func (t *talking) parts(p person, text string) []string {
	if t.o.Hesitations > 0 {
		if first, second, ok := hesitant(text, p.seed); ok && int((p.seed^uint64(len(text))*2654435761)%100) < t.o.Hesitations {
			return []string{first, second}
		}
	}
	return []string{text}
}

// run keeps Calls callers on the line, each place taken anew when a call is over.
func (t *talking) run(ctx context.Context) error {
	var wait sync.WaitGroup
	end := t.beganAt.Add(time.Duration(t.r.Seconds) * time.Second)
	for range t.r.Calls {
		wait.Go(func() {
			for ctx.Err() == nil && (t.o.Conversations > 0 || time.Now().Before(end)) {
				id, ok := t.take()
				if !ok {
					return
				}
				newTalker(t, id).call(ctx, end)
			}
		})
		pause(ctx, time.Duration(float64(time.Second)/t.r.Rate))
	}
	done := make(chan struct{})
	go func() { wait.Wait(); close(done) }()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for sampled := 0; ; {
		select {
		case <-done:
			if t.o.Conversations > 0 {
				t.sample(ctx)
			}
			return ctx.Err()
		case <-tick.C:
			t.mu.Lock()
			ended, turns := t.ended, len(t.answered)+len(t.incomplete)
			t.mu.Unlock()
			t.r.Progress("%d conversations are over, %d turns answered", ended, turns)
			if every := max(1, t.o.Conversations/10); t.o.Conversations > 0 && ended >= sampled+every {
				sampled = ended
				t.sample(ctx)
			}
		}
	}
}

// take gives the number of the next caller.
func (t *talking) take() (id int, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.o.Conversations > 0 && t.next >= t.o.Conversations {
		return 0, false
	}
	t.next++
	return t.next - 1, true
}

// sample looks at the server's memory, calls under way or not.
func (t *talking) sample(ctx context.Context) {
	if t.r.server == nil {
		return
	}
	in, err := t.r.server.Runtime(ctx)
	if err != nil {
		return
	}
	u, err := t.r.server.Usage()
	if err != nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sampled = append(t.sampled, Sample{Calls: t.ended, Seconds: round(time.Since(t.beganAt).Seconds(), 1), Goroutines: in.Goroutines, Sockets: u.Sockets,
		HeapMB: round(float64(in.HeapBytes)/(1<<20), 3), RSSMB: round(float64(u.RSS)/(1<<20), 1)})
}

// scrape reads the server's figures by name, labels left out and added up; nil for another server.
func (r *rig) scrape(ctx context.Context) map[string]float64 {
	if r.server == nil {
		return nil
	}
	res, err := r.server.get(ctx, "/metrics")
	if err != nil {
		return nil
	}
	defer res.Body.Close()
	out := map[string]float64{}
	lines := bufio.NewScanner(res.Body)
	for lines.Scan() {
		name, value, ok := strings.Cut(lines.Text(), " ")
		if !ok || strings.HasPrefix(name, "#") {
			continue
		}
		name, _, _ = strings.Cut(name, "{")
		if v, err := strconv.ParseFloat(value, 64); err == nil {
			out[name] += v
		}
	}
	return out
}

// figures of the server that a result is made of.
const (
	busySeconds  = "acotel_asr_busy_seconds_total" // of all lanes
	lanesFigure  = "acotel_asr_lanes"
	coveredCount = "acotel_asr_covered_total"
	unheardCount = "acotel_asr_unheard_turns_total"
)

func (t *talking) result(h Header, took time.Duration, before, after map[string]float64) TalkResult {
	t.mu.Lock()
	defer t.mu.Unlock()
	res := TalkResult{
		Header: h, Turns: len(t.answered) + len(t.incomplete) + t.unanswered + t.cutOff, AnswerMS: t.answered.quantiles(), AnswerIncompleteMS: t.incomplete.quantiles(),
		Unanswered: t.unanswered, CutOff: t.cutOff, Conversations: t.ended, Completed: t.completed, Failed: t.failed, RenderedLive: t.actor.live,
		NoiseDB: t.o.NoiseDB, Street: t.o.Street, EchoDB: t.o.EchoDB, Hesitations: t.o.Hesitations, Samples: t.sampled, Transcripts: t.transcripts,
		Recogniser: Recogniser{QueueMS: t.queue.quantiles()}, answers: &Histogram{},
	}
	for _, v := range t.answered {
		res.answers.Add(time.Duration(v * float64(time.Millisecond)))
	}
	if len(t.sampled) > 2 {
		res.Slope = slopeOf(t.sampled)
	}
	if t.feed == nil {
		return res
	}
	same, another := t.same, t.another
	res.Understood, res.NotUnderstood = &same, &another
	if res.PlaceSaid = t.said; t.said > 0 {
		found, first := round(float64(t.found)/float64(t.said), 3), round(float64(t.first)/float64(t.said), 3)
		res.PlaceFound, res.PlaceFirstTry = &found, &first
	}
	for _, name := range stages {
		res.Stages = append(res.Stages, Stage{name, t.stage[name].at(0.5), t.stage[name].at(0.95)})
	}
	lanes := float64(runtime.GOMAXPROCS(0))
	if n := after[lanesFigure]; n > 0 {
		lanes = n
	}
	busy := t.spent.Seconds()
	if _, ok := after[busySeconds]; ok {
		busy = after[busySeconds] - before[busySeconds]
	}
	percent := round(100*busy/(took.Seconds()*lanes), 1)
	res.Recogniser.BusyPercent = &percent
	for name, to := range map[string]**float64{coveredCount: &res.Covered, unheardCount: &res.Unheard} {
		if _, ok := after[name]; ok {
			n := after[name] - before[name]
			*to = &n
		}
	}
	return res
}

// wanted on the reference machine with 15 and with 50 callers beside it.
const (
	fewCallers       = 15
	wantAnswerFewMS  = 1200.0
	wantAnswerManyMS = 2000.0
	wantBusyPercent  = 50.0
	wantPlace        = 0.90
	wantPlaceFirst   = 0.75
)

// Report is the result for people.
func (r TalkResult) Report() Report {
	limit := wantAnswerManyMS
	if r.Calls <= fewCallers {
		limit = wantAnswerFewMS
	}
	rep := Report{
		Title: fmt.Sprintf("bench talk: %d callers who speak", r.Calls),
		Facts: append(r.facts(),
			Fact{Name: "conversations, completed", Value: fmt.Sprintf("%d, %d", r.Conversations, r.Completed)},
			Fact{Name: "turns", Value: fmt.Sprint(r.Turns)},
			Fact{Name: "answer, p50", Value: known(r.AnswerMS.P50, "ms")}, atMost("answer, p95", r.AnswerMS.P95, limit, "ms"), Fact{Name: "answer, max", Value: known(r.AnswerMS.Max, "ms")},
			Fact{Name: "answer to what was not complete, p50", Value: known(r.AnswerIncompleteMS.P50, "ms")},
			Fact{Name: "answer to what was not complete, p95", Value: known(r.AnswerIncompleteMS.P95, "ms")},
			none("turns without an answer", uint64(r.Unanswered)), Fact{Name: "turns answered before they were over", Value: fmt.Sprint(r.CutOff)},
			none("calls not answered", uint64(r.Failed)),
			Fact{Name: "sentences rendered during the measurement", Value: fmt.Sprint(r.RenderedLive)},
		),
		Charts: []Chart{distribution("Answer", r.answers)},
	}
	if r.Understood != nil {
		rep.Facts = append(rep.Facts, Fact{Name: "understood, not understood", Value: fmt.Sprintf("%d, %d", *r.Understood, *r.NotUnderstood)},
			atMost("recognisers busy", r.Recogniser.BusyPercent, wantBusyPercent, "%"),
			Fact{Name: "queue, p50", Value: known(r.Recogniser.QueueMS.P50, "ms")}, Fact{Name: "queue, p95", Value: known(r.Recogniser.QueueMS.P95, "ms")},
			Fact{Name: "waits covered by words", Value: known(r.Covered, "")}, Fact{Name: "turns too many for the recogniser", Value: known(r.Unheard, "")},
			Fact{Name: "callers who said a place", Value: fmt.Sprint(r.PlaceSaid)},
			atLeast("place found", r.PlaceFound, wantPlace), atLeast("place found at the first try", r.PlaceFirstTry, wantPlaceFirst))
		table := Table{Title: "Where the time of a turn goes, ms", Names: []string{"stage", "p50", "p95"}}
		for _, s := range r.Stages {
			table.Rows = append(table.Rows, []string{s.Name, known(s.P50, ""), known(s.P95, "")})
		}
		rep.Tables = append(rep.Tables, table)
	}
	return rep
}

// atLeast is a figure with a lower bound.
func atLeast(name string, v *float64, bound float64) Fact {
	if v == nil {
		return Fact{Name: name, Value: "not known"}
	}
	return Fact{Name: name, Value: figure(*v), Want: "at least " + figure(bound), Good: *v >= bound}
}
