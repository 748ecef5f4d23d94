package config

import (
	"slices"
	"time"
)

// Check is the automatic test of the whole chain (T7).
type Check struct {
	Seconds          int      `yaml:"seconds"`            // between two looks at a link; 0: no check at all
	CallMinutes      int      `yaml:"call_minutes"`       // between two test calls; 0: none
	CallAfterSeconds int      `yaml:"call_after_seconds"` // from the start to the first test call
	Code             string   `yaml:"code"`               // postal code that the test call keys
	Sentence         string   `yaml:"sentence"`           // what it says where a recogniser is configured
	Speak            bool     `yaml:"speak"`              // the test call speaks where a recogniser is configured
	Quiet            string   `yaml:"quiet"`              // hours without test calls, 22:00-06:00; empty: none
	Fails            int      `yaml:"fails"`              // bad looks in a row after which a link is broken
	Heals            int      `yaml:"heals"`              // good ones after which it works again
	Close            []string `yaml:"close"`              // links without which callers hear the incident message (T3)
	FreeMB           int      `yaml:"free_mb"`            // least room on the disk
	FreeInodes       int      `yaml:"free_inodes"`
	CertificateDays  int      `yaml:"certificate_days"` // warning before a certificate ends
	Alerts           Alerts   `yaml:"alerts"`
}

// Alerts are how people are told of a link that is broken.
type Alerts struct {
	Service string  `yaml:"service"` // name of this instance in alerts
	PerHour int     `yaml:"per_hour"`
	Webhook Webhook `yaml:"webhook"`
	Mail    Mail    `yaml:"mail"`
}

// Webhook is where alerts are posted; an empty URL is none.
type Webhook struct {
	URL    string `yaml:"url"`
	Secret Secret `yaml:"secret"` // of the signature
}

// Mail is the server that alerts are sent by; an empty one is none.
type Mail struct {
	Server   string   `yaml:"server"`
	User     string   `yaml:"user"`
	Password Secret   `yaml:"password"`
	From     string   `yaml:"from"`
	To       []string `yaml:"to"`
	Implicit bool     `yaml:"implicit_tls"` // TLS from the first byte, as on port 465, in place of STARTTLS
	Plain    bool     `yaml:"plain"`        // without TLS, to a relay on this machine
	CA       string   `yaml:"ca"`           // certificates of the server's authority, PEM; empty: the system's
}

// CheckLinks are the names that check.close may hold.
func CheckLinks() []string {
	return []string{"voice", "recogniser", "workshops", "call", "database", "disk", "trunks"}
}

// QuietHours gives the hours without test calls as minutes of the day; equal: none.
func (c Check) QuietHours() (from, to int, err error) {
	if c.Quiet == "" {
		return 0, 0, nil
	}
	parse := func(text string) (int, error) {
		t, err := time.Parse("15:04", text)
		return t.Hour()*60 + t.Minute(), err
	}
	if len(c.Quiet) != 11 || c.Quiet[5] != '-' {
		_, err = time.Parse("15:04", c.Quiet)
		return 0, 0, err
	}
	if from, err = parse(c.Quiet[:5]); err == nil {
		to, err = parse(c.Quiet[6:])
	}
	return from, to, err
}

func (l *loader) check() {
	c := l.cfg.Check
	if _, _, err := c.QuietHours(); err != nil || c.Quiet != "" && len(c.Quiet) != 11 {
		l.bad("check.quiet", "%q: two hours as 22:00-06:00", c.Quiet)
	}
	for _, name := range c.Close {
		if !slices.Contains(CheckLinks(), name) {
			l.bad("check.close", "%q is no link that lines can be closed for: %v", name, CheckLinks())
		}
	}
	if c.Alerts.Webhook.URL != "" && !IsWebAddress(c.Alerts.Webhook.URL) {
		l.bad("check.alerts.webhook.url", "%q is no http or https address", c.Alerts.Webhook.URL)
	}
	if m := c.Alerts.Mail; m.Server != "" {
		if !isPeer(m.Server) {
			l.bad("check.alerts.mail.server", "%q: a host and a port, for example smtp.example.org:587", m.Server)
		}
		if m.From == "" || len(m.To) == 0 {
			l.bad("check.alerts.mail.from", "a sender (from) and at least one recipient (to) are needed")
		}
		if m.Implicit && m.Plain {
			l.bad("check.alerts.mail.plain", "implicit_tls and plain exclude each other")
		}
	}
}
