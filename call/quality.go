package call

import (
	"math"
	"sync"

	"github.com/acotel/acotel-sbc/media"
)

// Quality is how a call sounded, on both ways. Unknown values are nil: the peer's view comes from its RTCP reports (RFC 3550 §6.4), which
// not every peer sends.
type Quality struct {
	MOS          *float64 // as we heard the caller, ITU-T G.107, 1 to 4.4
	MOSOut       *float64 // as the caller heard us, by their reports
	Loss         *float64 // share of the caller's packets that never came, 0..1
	LossOut      *float64 // share of ours that the peer misses
	JitterMS     *float64 // interarrival jitter of the caller's packets (RFC 3550 A.8)
	JitterOutMS  *float64 // of ours, at the peer
	RTTMS        *float64 // round trip, mean
	RTTMaxMS     *float64 // longest
	LateShare    *float64 // share of the caller's packets that came after their moment, 0..1
	HiddenShare  *float64 // share of the frames heard that we made up for lost sound, 0..1
	JitterBuffer *float64 // ms that the jitter buffer held at the end
}

// qualityOf reads a session's counters.
func qualityOf(st media.Stats) (q Quality) {
	if mos, ok := st.MOS(); ok {
		q.MOS = rounded(mos, 2)
	}
	if mos, ok := st.RemoteMOS(); ok {
		q.MOSOut = rounded(mos, 2)
	}
	if expected := st.PacketsReceived + st.Lost; expected > 0 {
		q.Loss, q.JitterMS = rounded(st.Loss(), 4), rounded(st.JitterMS, 2)
		q.LateShare, q.JitterBuffer = rounded(float64(st.Late)/float64(expected), 4), rounded(st.DelayMS, 1)
	}
	if st.Frames > 0 {
		q.HiddenShare = rounded(float64(st.Concealed)/float64(st.Frames), 4)
	}
	if st.RemoteReports > 0 {
		q.LossOut, q.JitterOutMS = rounded(st.RemoteLoss(), 4), rounded(st.RemoteJitterMS, 2)
	}
	if st.RTTMaxMS > 0 {
		q.RTTMS, q.RTTMaxMS = rounded(st.RTTMS, 2), rounded(st.RTTMaxMS, 2)
	}
	return q
}

func rounded(x float64, places int) *float64 {
	p := math.Pow10(places)
	x = math.Round(x*p) / p
	return &x
}

// fields names the known values, as the record and the log have them.
func (q Quality) fields() map[string]any {
	out := map[string]any{}
	for name, v := range map[string]*float64{
		"mos": q.MOS, "mos_out": q.MOSOut, "loss": q.Loss, "loss_out": q.LossOut, "jitter_ms": q.JitterMS, "jitter_out_ms": q.JitterOutMS,
		"rtt_ms": q.RTTMS, "rtt_max_ms": q.RTTMaxMS, "late": q.LateShare, "concealed": q.HiddenShare, "delay_ms": q.JitterBuffer,
	} {
		if v != nil {
			out[name] = *v
		}
	}
	return out
}

// Sound is what the sessions of all calls counted since the start, those that run included.
type Sound struct {
	Sessions int // now

	PacketsSent, BytesSent, PacketsReceived, BytesReceived uint64
	Lost, LostOut, Late, Duplicates, Reordered, Overflow   uint64 // LostOut: of ours, at the peer
	Refused, Invalid, SendErrors                           uint64
	Frames, Concealed                                      uint64
	DigitsReceived                                         uint64
	ClockLate, ClockSkipped, Starved                       uint64
}

func (s *Sound) add(st media.Stats) {
	s.PacketsSent += st.PacketsSent
	s.BytesSent += st.BytesSent
	s.PacketsReceived += st.PacketsReceived
	s.BytesReceived += st.BytesReceived
	s.Lost += st.Lost
	s.LostOut += uint64(max(0, st.RemoteLost))
	s.Late += st.Late
	s.Duplicates += st.Duplicates
	s.Reordered += st.Reordered
	s.Overflow += st.Overflow
	s.Refused += st.Refused
	s.Invalid += st.Invalid
	s.SendErrors += st.SendErrors
	s.Frames += st.Frames
	s.Concealed += st.Concealed
	s.DigitsReceived += st.DigitsReceived
	s.ClockLate += st.ClockLate
	s.ClockSkipped += st.ClockSkipped
	s.Starved += st.PlayoutStarved
}

// sessions are the sessions that run and the sum of those that are over.
type sessions struct {
	mu      sync.Mutex
	running map[*media.Session]struct{}
	over    Sound
}

func (s *sessions) opened(m *media.Session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running == nil {
		s.running = map[*media.Session]struct{}{}
	}
	s.running[m] = struct{}{}
}

func (s *sessions) closed(m *media.Session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.running, m)
	s.over.add(m.Stats())
}

// Sound sums up the sessions. A packet that was counted as lost and came after all makes Lost smaller than it was.
func (s *Service) Sound() Sound {
	s.sessions.mu.Lock()
	defer s.sessions.mu.Unlock()
	sum := s.sessions.over
	sum.Sessions = len(s.sessions.running)
	for m := range s.sessions.running {
		sum.add(m.Stats())
	}
	return sum
}
