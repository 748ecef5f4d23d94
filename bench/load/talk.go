package load

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"runtime"
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
	callers       int // on the line at once, Calls but at the beginning and the end
	ended         int
	failed        int
	reached       bool  // some call was answered
	why           error // of the first that was not
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
			t.count(1)
			defer t.count(-1)
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

// count notes callers who come to the line or leave it.
func (t *talking) count(callers int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.callers += callers
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
	t.sampled = append(t.sampled, Sample{Calls: t.ended, Callers: t.callers, Seconds: round(time.Since(t.beganAt).Seconds(), 1), Goroutines: in.Goroutines, Sockets: u.Sockets,
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
