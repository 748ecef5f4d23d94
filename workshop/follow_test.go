package workshop

import (
	"context"
	"testing"
	"time"
)

func TestFollowTakesWhatAnotherProgramStored(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	db := open(t)
	c := NewCatalogue(nil)
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.Follow(ctx, db, time.Millisecond, func(err error) { t.Error(err) })
	}()
	for _, n := range []int{2, 3} {
		var ws []Workshop
		for i := range n {
			ws = append(ws, sample(string(rune('a'+i)), i))
		}
		if _, err := Replace(ctx, db, ws, Meta{Source: "s", LoadedAt: noon}, Acceptance{}); err != nil {
			t.Fatal(err)
		}
		for i := 0; c.Len() != n && i < 30000; i++ {
			time.Sleep(time.Millisecond)
		}
		if c.Len() != n {
			t.Errorf("%d workshops, want %d", c.Len(), n)
		}
	}
	cancel()
	<-done
}
