package load

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"time"
)

// What `bench talk` finds, and how people read it.

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
	none    error
}

// Err tells that nothing was measured, since no call was answered, and why.
func (r TalkResult) Err() error { return r.none }

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
	if t.failed > 0 && !t.reached {
		res.none = fmt.Errorf("load: nothing was measured: %s answered none of %d calls: %w", h.Target, t.failed, t.why)
	}
	res.Slope = slopeOf(withAllCallers(t.sampled, h.Calls))
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

// withAllCallers leaves out what was seen while callers still came or no new ones followed: it differs by the calls that are missing.
func withAllCallers(samples []Sample, callers int) []Sample {
	return slices.DeleteFunc(slices.Clone(samples), func(s Sample) bool { return s.Callers < callers })
}
