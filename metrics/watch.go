package metrics

import (
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/acotel/acotel-sbc/call"
	"github.com/acotel/acotel-sbc/media/silero"
	"github.com/acotel/acotel-sbc/sip"
	"github.com/acotel/acotel-sbc/tts"
)

// Sources are the parts whose state is read at each scrape. All functions must be set, be safe from any goroutine and return at once.
type Sources struct {
	Talking, Waiting int // how many may, at most
	Calls            func() call.Stats
	Sound            func() call.Sound
	SIP              func() sip.Stats
	Trunks           func() []sip.TrunkState
	Certificate      func() time.Time // end of its life, zero: none
	Voice            func() tts.Usage
	Speech           func() (s silero.Stats, loaded bool)
	Workshops        func() Workshops
	Facts            func() (waiting int, dropped uint64)
	Links            func() map[string]bool // up, or down
	Telephone        func() Telephone       // nil: there is no page to call from
}

// Workshops is the state of the workshops' copy (D3).
type Workshops struct {
	Sessions int
	Age      time.Duration // since the source was last known to have what it holds
	Failures int           // refreshes that failed in a row
	State    string        // one of WorkshopStates
}

// Refusals are the reasons for which calls are turned away, as call.Stats has them.
var Refusals = []string{"full", "waited", "cpu", "clock"}

// WorkshopStates are the values of Workshops.State, those of workshop.HealthState.
var WorkshopStates = []string{"ok", "failing", "held", "stale", "empty"}

// Watch adds what s gives to each scrape. It may be called once.
func (m *Metrics) Watch(s Sources) {
	m.registry.MustRegister(&collector{Sources: s, telephone: map[string]TelephoneLeg{}})
}

// collector reads Sources.
type collector struct {
	Sources

	mu            sync.Mutex
	lost, lostOut uint64 // the most so far: late packets make a session's count shrink, which a counter must not
	telephone     map[string]TelephoneLeg
}

// Describe sends nothing: which series there are depends on trunks and answers (an unchecked collector).
func (c *collector) Describe(chan<- *prometheus.Desc) {}

// give sends series to one scrape.
type give struct{ ch chan<- prometheus.Metric }

func (g give) value(kind prometheus.ValueType, name, help string, v float64, labels ...string) {
	var names, values []string
	for i := 0; i+1 < len(labels); i += 2 {
		names, values = append(names, labels[i]), append(values, labels[i+1])
	}
	desc := prometheus.NewDesc(prometheus.BuildFQName(namespace, "", name), help, names, nil)
	g.ch <- prometheus.MustNewConstMetric(desc, kind, v, values...)
}

func (g give) gauge(name, help string, v float64, labels ...string) {
	g.value(prometheus.GaugeValue, name, help, v, labels...)
}

func (g give) count(name, help string, v uint64, labels ...string) {
	g.value(prometheus.CounterValue, name, help, float64(v), labels...)
}

func (g give) histogram(name, help string, h call.Histogram) {
	desc := prometheus.NewDesc(prometheus.BuildFQName(namespace, "", name), help, nil, nil)
	g.ch <- prometheus.MustNewConstHistogram(desc, h.Count, h.Sum, h.Buckets)
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// Collect reads everything once.
func (c *collector) Collect(ch chan<- prometheus.Metric) {
	g := give{ch}
	c.calls(g)
	c.sound(g)
	c.signalling(g)
	c.trunks(g)
	c.parts(g)
	c.testTelephone(g)
}

func (c *collector) calls(g give) {
	s := c.Calls()
	const help, limit = "Calls now.", "Calls that may be at once."
	g.gauge("calls", help, float64(s.Talking), "state", "talking")
	g.gauge("calls", help, float64(s.Waiting), "state", "waiting")
	g.gauge("calls_limit", limit, float64(c.Talking), "state", "talking")
	g.gauge("calls_limit", limit, float64(c.Waiting), "state", "waiting")
	for _, reason := range Refusals {
		g.count("calls_refused_total", "Calls turned away.", s.Refused[reason], "reason", reason)
	}
	g.count("calls_suspended_total", "Calls that heard that the service is suspended.", s.Suspended)
	g.count("conversations_total", "Conversations begun.", s.Seated-min(s.Seated, s.Waited), "waited", "false")
	g.count("conversations_total", "Conversations begun.", s.Waited, "waited", "true")
	g.count("waiting_abandoned_total", "Callers who left while they waited for a slot.", s.Abandoned)
	g.histogram("waiting_seconds", "Waits for a slot, however they ended.", s.WaitTimes)
	g.gauge("load_guard_refuses", "Whether new calls are refused because the machine is overloaded.", truth(s.LoadGuard != ""))
	g.gauge("load_guard_cpu_ratio", "Share of the machine's processors that the service used lately.", s.CPUPercent/100)
}

func (c *collector) sound(g give) {
	s := c.Sound()
	c.mu.Lock()
	c.lost, c.lostOut = max(c.lost, s.Lost), max(c.lostOut, s.LostOut)
	lost, lostOut := c.lost, c.lostOut
	c.mu.Unlock()
	g.gauge("rtp_sessions", "RTP sessions now.", float64(s.Sessions))
	const packets, bytes = "RTP packets received and sent.", "Payload of RTP packets received and sent."
	g.count("rtp_packets_total", packets, s.PacketsReceived, "direction", in)
	g.count("rtp_packets_total", packets, s.PacketsSent, "direction", out)
	g.count("rtp_bytes_total", bytes, s.BytesReceived, "direction", in)
	g.count("rtp_bytes_total", bytes, s.BytesSent, "direction", out)
	const gone = "RTP packets that never came (RFC 3550 A.3); out: by the peers' reports."
	g.count("rtp_packets_lost_total", gone, lost, "direction", in)
	g.count("rtp_packets_lost_total", gone, lostOut, "direction", out)
	g.count("rtp_packets_late_total", "RTP packets that came after their moment.", s.Late)
	g.count("rtp_packets_reordered_total", "RTP packets that came out of order.", s.Reordered)
	const discarded = "RTP packets that were not used."
	for reason, n := range map[string]uint64{"duplicate": s.Duplicates, "overflow": s.Overflow, "stranger": s.Refused, "invalid": s.Invalid} {
		g.count("rtp_packets_discarded_total", discarded, n, "reason", reason)
	}
	g.count("rtp_send_errors_total", "RTP packets that the kernel refused.", s.SendErrors)
	g.count("rtp_frames_total", "Frames of 20 ms heard.", s.Frames)
	g.count("rtp_frames_concealed_total", "Frames of 20 ms made up for lost sound.", s.Concealed)
	g.count("dtmf_keys_total", "Keys received by RTP (RFC 4733).", s.DigitsReceived)
	g.count("clock_late_ticks_total", "Ticks of the 20 ms clocks that began more than 5 ms late.", s.ClockLate)
	g.count("clock_skipped_ticks_total", "Ticks of the 20 ms clocks that were left out.", s.ClockSkipped)
	g.count("playout_starved_frames_total", "Frames of silence inside a sentence whose sound came too late.", s.Starved)
}

func (c *collector) signalling(g give) {
	s := c.SIP()
	g.count("sip_messages_received_total", "SIP messages of known peers.", s.Received)
	g.count("sip_invites_total", "INVITEs outside of a dialog, repeated ones not counted.", s.Invites)
	g.count("sip_cancelled_total", "Calls given up before the answer.", s.Cancelled)
	for code, n := range s.Responses {
		g.count("sip_responses_total", "SIP responses sent, those that the transport repeats not counted.", n, "code", strconv.Itoa(code))
	}
	const dropped = "SIP messages and connections that got no answer."
	for reason, n := range map[string]uint64{"stranger": s.Dropped, "flood": s.Limited, "banned": s.DroppedBanned} {
		g.count("sip_dropped_total", dropped, n, "reason", reason)
	}
	g.count("sip_malformed_total", "SIP messages that could not be read.", s.Malformed)
	g.count("sip_calls_limited_total", "Calls refused because their source was too fast or too many were half open.", s.CallsLimited)
	g.count("sip_bans_total", "Sources banned.", s.Bans)
	g.gauge("sip_banned_sources", "Sources banned now.", float64(s.Banned))
	g.count("sip_retransmissions_total", "Answers to INVITE and INVITEs that had to be sent again.", s.Retransmissions)
	g.count("sip_missing_acks_total", "Calls ended because the ACK never came.", s.NoACK)
	g.gauge("sip_dialogs", "SIP dialogs now, early ones included.", float64(s.Active))
	g.gauge("sip_half_open_calls", "Calls not answered yet, or without their ACK.", float64(s.HalfOpen))
	g.gauge("sip_connections", "TCP and TLS connections now.", float64(s.Connections))
	g.count("sip_connections_refused_total", "Connections of known peers past the limits.", s.SocketsRefused)
	g.count("sip_tls_failures_total", "TLS handshakes that failed.", s.Handshakes)
	if end := c.Certificate(); !end.IsZero() {
		g.gauge("sip_certificate_expiry_timestamp_seconds", "End of the life of our TLS certificate, Unix time.", float64(end.Unix()))
	}
}

func (c *collector) trunks(g give) {
	for _, t := range c.Trunks() {
		g.gauge("trunk_up", "Whether a trunk works; 1 also when nothing is known of it.", truth(t.Up), "trunk", t.Name)
		g.gauge("trunk_watched", "Whether it is known if a trunk works.", truth(t.Watched), "trunk", t.Name)
		g.gauge("trunk_state_timestamp_seconds", "When the state of a trunk began, Unix time.", float64(t.Since.Unix()), "trunk", t.Name)
		g.gauge("trunk_options_round_trip_seconds", "Round trip of the last OPTIONS of ours that was answered; 0: none.", t.RoundTrip.Seconds(), "trunk", t.Name)
		const options = "OPTIONS of ours, and of theirs (received)."
		g.count("trunk_options_total", options, t.Pings-min(t.Pings, t.PingFailures), "trunk", t.Name, "result", "answered")
		g.count("trunk_options_total", options, t.PingFailures, "trunk", t.Name, "result", "failed")
		g.count("trunk_options_total", options, t.Pinged, "trunk", t.Name, "result", "received")
		const registrations = "Registrations of ours with a trunk."
		g.count("trunk_registrations_total", registrations, t.Registrations, "trunk", t.Name, "result", "accepted")
		g.count("trunk_registrations_total", registrations, t.RegistrationFailures, "trunk", t.Name, "result", "failed")
		g.count("trunk_failovers_total", "Times that another server of the trunk was taken.", t.FailOvers, "trunk", t.Name)
	}
}

func (c *collector) parts(g give) {
	v := c.Voice()
	g.gauge("tts_cache_bytes", "Size of the voice's caches.", float64(v.Memory), "where", "memory")
	g.gauge("tts_cache_bytes", "Size of the voice's caches.", float64(v.Disk), "where", "disk")

	vad, loaded := c.Speech()
	g.gauge("vad_model_loaded", "Whether the network for voice activity is there; 0: the energy gate alone.", truth(loaded))
	g.count("vad_steps_total", "Steps of 32 ms that the network judged.", vad.Steps)
	g.count("vad_runs_total", "Runs of the network, of one or more steps each.", vad.Runs)
	g.count("vad_steps_dropped_total", "Sound that the network was too late for.", vad.Dropped)
	g.count("vad_failures_total", "Runs of the network that failed.", vad.Failed)

	w := c.Workshops()
	g.gauge("workshops_sessions", "Dated sessions in the copy that serves the calls.", float64(w.Sessions))
	g.gauge("workshops_copy_age_seconds", "Time since the source was last known to have what the copy holds.", w.Age.Seconds())
	g.gauge("workshops_refresh_failures", "Readings of the source that failed in a row.", float64(w.Failures))
	for _, state := range WorkshopStates {
		g.gauge("workshops_state", "1 for the state that the copy is in.", truth(state == w.State), "state", state)
	}

	waiting, dropped := c.Facts()
	g.gauge("record_facts_waiting", "Facts of calls that are in memory only.", float64(waiting))
	g.count("record_facts_dropped_total", "Facts of calls that are lost.", dropped)
	for link, up := range c.Links() {
		g.gauge("link_up", "Whether a part that calls need works, as /readyz tells.", truth(up), "link", link)
	}
}
