package capture

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Bounds of what waits in memory.
const (
	lookEvery    = time.Second      // for requests
	expireEvery  = time.Minute      // for files
	recentCount  = 512              // messages kept while a call is awaited: its INVITE comes before it is known
	recentBytes  = 1 << 20          // of these
	recentAge    = 30 * time.Second // likewise
	queueLength  = 2048             // packets between the calls and the disk: 20 s of one call
	staleRequest = time.Minute      // who asks waits seconds for the service
	afterTheCall = 2 * time.Second  // for the last messages: the answer to a BYE comes after the end
)

// Limits bound captures.
type Limits struct {
	Bytes int64         // of a file; 0: captures are not allowed at all
	Time  time.Duration // of a capture
	Keep  time.Duration // of a file
}

// Call is what is known of a call when it is presented.
type Call struct {
	ID         string     // ours
	CallID     string     // of its SIP messages
	Line       string     // kind
	Called     string     // E.164
	CallerHash string     // "" withheld
	LocalIP    netip.Addr // stands in for an unspecified address of ours
}

// Message is a SIP message that came or went.
type Message struct {
	At            time.Time
	Sent          bool
	Local, Remote netip.AddrPort
	CallID        string
	Data          []byte // given away
}

// Manager takes requests and makes captures. Safe from any goroutine.
type Manager struct {
	dir    string
	limits Limits
	log    *slog.Logger
	now    func() time.Time

	// want is told whether SIP messages are wanted. It must not call back.
	want    func(bool)
	expired func([]File)

	mu      sync.Mutex
	asked   *Request
	running map[string]*Recording // by Call-ID
	recent  []Message
	held    int // bytes of recent
	closed  bool
	writers sync.WaitGroup
}

// NewManager makes the manager of a data folder. want is called when Message is needed, and when no more; expired is told by Run of the files that
// it deleted because their time had come.
func NewManager(dataDir string, l Limits, want func(bool), expired func([]File), log *slog.Logger) *Manager {
	return &Manager{dir: dataDir, limits: l, log: log, now: time.Now, want: want, expired: expired, running: map[string]*Recording{}}
}

// Run looks for requests and deletes what has expired, until ctx ends; then it waits for the captures that run, which their calls must
// have ended.
func (m *Manager) Run(ctx context.Context) {
	m.expire()
	look, expire := time.NewTicker(lookEvery), time.NewTicker(expireEvery)
	defer look.Stop()
	defer expire.Stop()
	for {
		select {
		case <-look.C:
			m.look()
		case <-expire.C:
			m.expire()
		case <-ctx.Done():
			m.mu.Lock()
			m.closed, m.asked = true, nil
			for _, r := range m.running {
				r.End()
			}
			m.mu.Unlock()
			m.writers.Wait()
			return
		}
	}
}

func (m *Manager) expire() {
	gone, err := Expire(m.dir, m.limits.Keep, m.now())
	for _, f := range gone {
		m.log.Warn("capture deleted, its time has come", "call", f.Call, "bytes", f.Bytes)
	}
	if len(gone) > 0 {
		m.expired(gone)
	}
	if err != nil {
		m.log.Error("a capture can't be deleted", "error", err)
	}
}

// look takes a request that waits, and gives up one that has waited too long.
func (m *Manager) look() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.asked != nil && m.now().After(m.asked.Until) {
		m.log.Warn("capture given up: no such call came", "by", m.asked.By)
		m.asked = nil
		m.settle()
	}
	if m.limits.Bytes <= 0 {
		return
	}
	name := filepath.Join(m.dir, folder, wanted)
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	var r Request
	if err = errors.Join(err, json.Unmarshal(text, &r), os.Remove(name)); err != nil {
		m.log.Error("a request for a capture is unreadable", "error", err)
		return
	}
	if m.now().Sub(r.AskedAt) > staleRequest {
		m.log.Warn("a request for a capture is too old, it was left by a command that was killed", "by", r.By, "asked_at", r.AskedAt)
		return
	}
	if r.Cancel || r.Calls <= 0 {
		m.log.Warn("capture given up on request", "by", r.By)
		m.asked = nil
	} else {
		m.log.Warn("capture of signalling and sound asked for", "by", r.By, "calls", r.Calls, "line", r.Line, "one_caller", r.Caller != "", "until", r.Until)
		m.asked = &r
	}
	m.settle()
}

// settle tells whether messages are wanted. The lock is held.
func (m *Manager) settle() {
	if m.asked == nil {
		m.recent, m.held = nil, 0
	}
	m.want(m.asked != nil || len(m.running) > 0)
}

// Message takes a SIP message.
func (m *Manager) Message(s Message) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r := m.running[s.CallID]; r != nil {
		r.put(item{at: s.At, sent: s.Sent, local: s.Local, remote: s.Remote, data: s.Data})
		return
	}
	if m.asked == nil {
		return
	}
	m.recent = append(m.recent, s)
	m.held += len(s.Data)
	for len(m.recent) > recentCount || m.held > recentBytes || s.At.Sub(m.recent[0].At) > recentAge {
		m.held -= len(m.recent[0].Data)
		m.recent = m.recent[1:]
	}
}

// Begin captures a call if it is one that was asked for; nil: it is not.
func (m *Manager) Begin(c Call) *Recording {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.asked == nil || m.closed || !m.asked.fits(c) || m.now().After(m.asked.Until) {
		return nil
	}
	r, err := m.open(c)
	if err != nil {
		m.log.Error("a capture can't be written", "call", c.ID, "error", err)
		return nil
	}
	m.log.Warn("capture of signalling and sound begun", "call", c.ID, "by", m.asked.By, "file", filepath.Base(r.file.Name()))
	for _, s := range m.recent {
		if s.CallID == c.CallID {
			r.put(item{at: s.At, sent: s.Sent, local: s.Local, remote: s.Remote, data: s.Data})
		}
	}
	m.running[c.CallID] = r
	if m.asked.Calls--; m.asked.Calls == 0 {
		m.asked = nil
	}
	m.settle()
	m.writers.Go(func() {
		r.run()
		m.mu.Lock()
		defer m.mu.Unlock()
		delete(m.running, c.CallID)
		m.settle()
	})
	return r
}

func (m *Manager) open(c Call) (*Recording, error) {
	dir := filepath.Join(m.dir, folder)
	if err := os.MkdirAll(dir, dirMode); err != nil {
		return nil, fmt.Errorf("capture: %w", err)
	}
	name := filepath.Join(dir, m.now().UTC().Format("20060102T150405Z")+"_"+c.ID+suffix)
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return nil, fmt.Errorf("capture: %w", err)
	}
	p, err := newPcap(f)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &Recording{call: c, limits: m.limits, log: m.log, file: f, pcap: p, items: make(chan item, queueLength), ended: make(chan struct{})}, nil
}
