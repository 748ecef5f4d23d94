package config

import (
	"fmt"
	"strconv"
)

// Softphone is the test telephone in the browser.
type Softphone struct {
	Enabled        bool     `yaml:"enabled"`         // without --demo: whether it is there at all; with it, loopback may use it anyway
	MaxCalls       int      `yaml:"max_calls"`       // at a time
	MaxSeconds     int      `yaml:"max_seconds"`     // longest call
	Ports          string   `yaml:"ports"`           // UDP for browsers: "min-max", one port for all calls, or "": any
	Advertise      string   `yaml:"advertise"`       // our address as browsers reach it, behind a translator; "": the interfaces' own
	STUN           []string `yaml:"stun"`            // stun:host:port, for us and the browsers
	TURN           TURN     `yaml:"turn"`            // a relay, likewise
	LinkMinutes    int      `yaml:"link_minutes"`    // how long a one-time link may be used
	SessionHours   int      `yaml:"session_hours"`   // how long who used it may call
	RecordingHours int      `yaml:"recording_hours"` // recordings a tester asked for are deleted after it; 0: none can be made
}

// TURN is a relay for browsers that reach us in no other way (RFC 8656).
type TURN struct {
	URL      string `yaml:"url"` // turn:host:port?transport=udp
	User     string `yaml:"user"`
	Password Secret `yaml:"password"`
}

func defaultSoftphone() Softphone {
	return Softphone{MaxCalls: 10, MaxSeconds: 600, LinkMinutes: 60, SessionHours: 8, RecordingHours: 24}
}

// BrowserPorts reads softphone.ports: 0 and 0 are any.
func (s Softphone) BrowserPorts() (first, last uint16, err error) {
	if s.Ports == "" {
		return 0, 0, nil
	}
	if n, err := strconv.ParseUint(s.Ports, 10, 16); err == nil && n >= 1024 {
		return uint16(n), uint16(n), nil
	}
	return ParsePorts(s.Ports)
}

func (l *loader) softphone() {
	c := l.cfg.Softphone
	for _, n := range []struct {
		key         string
		v, min, max int
	}{
		{"softphone.max_calls", c.MaxCalls, 1, 100}, {"softphone.max_seconds", c.MaxSeconds, 10, 24 * 3600}, {"softphone.link_minutes", c.LinkMinutes, 1, 30 * 24 * 60},
		{"softphone.session_hours", c.SessionHours, 1, 24 * 30}, {"softphone.recording_hours", c.RecordingHours, 0, 24 * 30},
	} {
		if n.v < n.min || n.v > n.max {
			l.bad(n.key, "%d is outside %d to %d", n.v, n.min, n.max)
		}
	}
	if _, _, err := c.BrowserPorts(); err != nil {
		l.bad("softphone.ports", "%q is neither a UDP port nor a range of them, for example 40000-40100", c.Ports)
	}
	l.advertised("softphone.advertise", c.Advertise)
	for i, u := range c.STUN {
		if !isICE(u, "stun", "stuns") {
			l.bad(fmt.Sprintf("softphone.stun[%d]", i), "%q is no address such as stun:stun.example.org:3478", u)
		}
	}
	if t := c.TURN; t.URL != "" && (!isICE(t.URL, "turn", "turns") || t.User == "" || t.Password == "") {
		l.bad("softphone.turn", "an address such as turn:turn.example.org:3478?transport=udp, a user and a password are needed")
	}
	if h := l.cfg.HTTP; (h.Certificate == "") != (h.Key == "") {
		l.bad("http.certificate", "a certificate and its key go together")
	}
}
