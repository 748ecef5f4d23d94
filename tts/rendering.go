package tts

import (
	"context"
	"sync"
)

// rendering is one synthesis under way. Those who follow it all hear it from its beginning, each at their own pace.
type rendering struct {
	ctx    context.Context // of the synthesis: no caller's own
	cancel context.CancelFunc
	limit  int // samples

	mu        sync.Mutex
	pcm       []int16 // only ever appended to
	done      bool
	err       error
	by        string        // the voice, of several the last; once done
	more      chan struct{} // closed at the next change
	followers int
}

func newRendering(ctx context.Context, limit int) *rendering {
	r := &rendering{limit: limit, more: make(chan struct{})}
	r.ctx, r.cancel = context.WithCancel(ctx)
	return r
}

// add appends sound, up to the limit.
func (r *rendering) add(pcm []int16) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.pcm)+len(pcm) > r.limit {
		return ErrEndless
	}
	r.pcm = append(r.pcm, pcm...)
	r.changed()
	return r.ctx.Err()
}

func (r *rendering) finish(by string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.done, r.by, r.err = true, by, err
	r.changed()
}

func (r *rendering) changed() {
	close(r.more)
	r.more = make(chan struct{})
}

// sound is what there is so far.
func (r *rendering) sound() []int16 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.pcm
}

// voice is who said it, once it is done.
func (r *rendering) voice() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.by
}

// join counts a follower in.
func (r *rendering) join() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.followers++
}

// leave counts a follower out and tells whether the rendering goes on for nobody.
func (r *rendering) leave() (alone bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.followers--
	return r.followers == 0 && !r.done
}

// follow gives the sound as it comes, until its end or that of ctx.
func (r *rendering) follow(ctx context.Context, give func([]int16) error) error {
	at := 0
	for {
		r.mu.Lock()
		fresh, done, err, more := r.pcm[at:], r.done, r.err, r.more
		r.mu.Unlock()
		if len(fresh) > 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := give(fresh); err != nil {
				return err
			}
			at += len(fresh)
			continue
		}
		if done {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-more:
		}
	}
}
