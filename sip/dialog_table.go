package sip

import (
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"
)

// mergeKey tells requests that came to us twice over different ways (RFC 3261 §8.2.2.2).
type mergeKey struct {
	callID, fromTag string
	seq             uint32
}

// inviteRecord is an INVITE transaction that lives: CANCEL and merged requests are looked up here.
type inviteRecord struct {
	call   *Call
	branch string
}

// arrival is an INVITE on its way from the edge through the transaction layer, which hands it over on a goroutine of its own: a
// CANCEL that came right behind may overtake it there.
type arrival struct {
	at     time.Time
	cancel func(*Call) // what such a CANCEL wants done, nil: none came
}

// Bounds of what is kept of INVITEs that are never handed over: those that a transaction knows already.
const (
	arrivalAge = 2 * time.Second
	arrivalMax = 256 // looked through beyond that
)

// dialogTable holds all dialogs of an endpoint, early and confirmed, by Call-ID and tags, and the INVITE transactions of
// incoming calls. It never calls out while it is locked.
type dialogTable struct {
	mu      sync.Mutex
	dialogs map[dialogKey]*Call
	invites map[string]*inviteRecord // by branchKey
	merge   map[mergeKey]string      // to branchKey
	coming  map[string]*arrival      // by branchKey
}

func newDialogTable() *dialogTable {
	return &dialogTable{dialogs: map[dialogKey]*Call{}, invites: map[string]*inviteRecord{}, merge: map[mergeKey]string{}, coming: map[string]*arrival{}}
}

func (t *dialogTable) add(k dialogKey, c *Call) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.dialogs[k] = c
}

func (t *dialogTable) remove(k dialogKey) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.dialogs, k)
}

func (t *dialogTable) find(k dialogKey) *Call {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.dialogs[k]
}

func (t *dialogTable) all() []*Call {
	t.mu.Lock()
	defer t.mu.Unlock()
	calls := make([]*Call, 0, len(t.dialogs))
	for _, c := range t.dialogs {
		calls = append(calls, c)
	}
	return calls
}

func (t *dialogTable) active() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.dialogs)
}

// merged tells whether the same request is being handled already under another branch.
func (t *dialogTable) merged(req *sip.Request) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	branch, ok := t.merge[mergeKeyOf(req)]
	return ok && branch != branchKey(req)
}

// invite records an INVITE transaction; the function returned forgets it, at the end of the transaction.
func (t *dialogTable) invite(req *sip.Request, c *Call) (forget func()) {
	branch, key := branchKey(req), mergeKeyOf(req)
	r := &inviteRecord{call: c, branch: branch}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.invites[branch], t.merge[key] = r, branch
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.invites[branch] == r {
			delete(t.invites, branch)
		}
		if t.merge[key] == branch {
			delete(t.merge, key)
		}
	}
}

// cancelled finds the call whose INVITE a CANCEL is for. When that INVITE is known but not handed over yet, there is no call: then
// later is run as soon as it is.
func (t *dialogTable) cancelled(cancel *sip.Request, later func(*Call)) (c *Call, known bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	branch := branchKey(cancel)
	if r := t.invites[branch]; r != nil {
		return r.call, true
	}
	if a := t.coming[branch]; a != nil && time.Since(a.at) < arrivalAge {
		a.cancel = later
		return nil, true
	}
	return nil, false
}

// expect notes an INVITE of a new call that the edge lets through.
func (t *dialogTable) expect(req *sip.Request) {
	t.mu.Lock()
	defer t.mu.Unlock()
	branch, now := branchKey(req), time.Now()
	if t.invites[branch] != nil || t.coming[branch] != nil {
		return
	}
	if len(t.coming) >= arrivalMax {
		for b, a := range t.coming {
			if now.Sub(a.at) > arrivalAge {
				delete(t.coming, b)
			}
		}
	}
	t.coming[branch] = &arrival{at: now}
}

// arrived lets the CANCEL that came before its INVITE was handed over have its way.
func (t *dialogTable) arrived(req *sip.Request) {
	branch := branchKey(req)
	t.mu.Lock()
	a := t.coming[branch]
	delete(t.coming, branch)
	var c *Call
	if r := t.invites[branch]; r != nil {
		c = r.call
	}
	t.mu.Unlock()
	if a != nil && a.cancel != nil {
		a.cancel(c)
	}
}

func mergeKeyOf(req *sip.Request) mergeKey {
	return mergeKey{req.CallID().Value(), tagOf(req.From()), req.CSeq().SeqNo}
}
