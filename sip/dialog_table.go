package sip

import (
	"sync"

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

// dialogTable holds all dialogs of an endpoint, early and confirmed, by Call-ID and tags, and the INVITE transactions of
// incoming calls. It never calls out while it is locked.
type dialogTable struct {
	mu      sync.Mutex
	dialogs map[dialogKey]*Call
	invites map[string]*inviteRecord // by branchKey
	merge   map[mergeKey]string      // to branchKey
}

func newDialogTable() *dialogTable {
	return &dialogTable{dialogs: map[dialogKey]*Call{}, invites: map[string]*inviteRecord{}, merge: map[mergeKey]string{}}
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

// rekey moves a call when the peer's tag becomes known, or another than the early dialog's answers.
func (t *dialogTable) rekey(from, to dialogKey, c *Call) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.dialogs, from)
	t.dialogs[to] = c
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

// cancelled finds the call whose INVITE a CANCEL is for.
func (t *dialogTable) cancelled(cancel *sip.Request) *Call {
	t.mu.Lock()
	defer t.mu.Unlock()
	if r := t.invites[branchKey(cancel)]; r != nil {
		return r.call
	}
	return nil
}

func mergeKeyOf(req *sip.Request) mergeKey {
	return mergeKey{req.CallID().Value(), tagOf(req.From()), req.CSeq().SeqNo}
}
