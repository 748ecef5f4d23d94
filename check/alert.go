package check

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"net/smtp"
	"strings"
	"time"
)

// Alert is the JSON that a webhook gets; people read the same by e-mail.
type Alert struct {
	Service string    `json:"service"`
	Event   string    `json:"event"` // broken, degraded, recovered
	Link    Link      `json:"link"`
	Was     State     `json:"was"`
	At      time.Time `json:"at"`
}

// Sender brings an alert to people.
type Sender interface {
	Name() string
	Send(ctx context.Context, a Alert) error
}

// Limits of Alerts.
const (
	alertQueue    = 64
	alertAttempts = 6
)

// Alerts tells people of changes: only of the last word on a link (what was told already is not told again), never more than PerHour,
// and with a recovery notice for each trouble that was told.
type Alerts struct {
	Senders []Sender
	Service string
	PerHour int           // alerts in an hour; recoveries are always told; 0: 20
	Retry   time.Duration // pause before the second attempt, doubled for each more; 0: 2 s
	Log     *slog.Logger

	queue chan Change
}

// NewAlerts makes Alerts; Run sends.
func NewAlerts(a Alerts) *Alerts {
	if a.PerHour <= 0 {
		a.PerHour = 20
	}
	if a.Retry <= 0 {
		a.Retry = 2 * time.Second
	}
	if a.Log == nil {
		a.Log = slog.New(slog.DiscardHandler)
	}
	a.queue = make(chan Change, alertQueue)
	return &a
}

// Tell queues a change; it never waits.
func (a *Alerts) Tell(c Change) {
	select {
	case a.queue <- c:
	default:
		a.Log.Error("an alert was dropped: too many wait", "link", c.Link.Name, "state", c.Link.State)
	}
}

// Run sends alerts until ctx ends.
func (a *Alerts) Run(ctx context.Context) {
	told := map[string]State{}
	var sent []time.Time
	for {
		var c Change
		select {
		case <-ctx.Done():
			return
		case c = <-a.queue:
		}
		alert, ok := a.alert(c, told)
		if !ok {
			continue
		}
		now := time.Now()
		for len(sent) > 0 && now.Sub(sent[0]) > time.Hour {
			sent = sent[1:]
		}
		if alert.Event != "recovered" && len(sent) >= a.PerHour {
			a.Log.Error("an alert is not sent: too many in an hour", "link", c.Link.Name, "state", c.Link.State)
			continue
		}
		sent = append(sent, now)
		told[c.Link.Name] = c.Link.State
		for _, s := range a.Senders {
			a.send(ctx, s, alert)
		}
	}
}

// alert says what to tell of a change, if anything.
func (a *Alerts) alert(c Change, told map[string]State) (Alert, bool) {
	before, known := told[c.Link.Name]
	if !known {
		before = OK
		if c.Was == Broken || c.Was == Degraded { // told before a restart
			before = c.Was
		}
	}
	out := Alert{Service: a.Service, Link: c.Link, Was: before, At: c.Link.Since}
	switch s := c.Link.State; {
	case s == before || s == Unknown && before == OK:
		return out, false
	case s == Broken:
		out.Event = "broken"
	case s == Degraded:
		out.Event = "degraded"
	default:
		out.Event = "recovered"
	}
	return out, true
}

func (a *Alerts) send(ctx context.Context, s Sender, alert Alert) {
	pause := a.Retry
	for n := 1; ; n++ {
		one, cancel := context.WithTimeout(ctx, 20*time.Second)
		err := s.Send(one, alert)
		cancel()
		if err == nil || ctx.Err() != nil {
			return
		}
		if n == alertAttempts {
			a.Log.Error("an alert could not be sent", "by", s.Name(), "link", alert.Link.Name, "error", err)
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
		pause *= 2
	}
}

// Webhook posts alerts as JSON, signed with HMAC-SHA256 of the body in X-Acotel-Signature ("sha256=…", hexadecimal) when there is a secret.
type Webhook struct {
	URL, Secret string
	Client      *http.Client
}

// Name is "webhook".
func (Webhook) Name() string { return "webhook" }

// Send posts one alert; any answer but 2xx is an error.
func (w Webhook) Send(ctx context.Context, a Alert) error {
	body, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("check: %w", err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.URL, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("check: webhook: %w", err)
	}
	r.Header.Set("Content-Type", "application/json")
	if w.Secret != "" {
		r.Header.Set("X-Acotel-Signature", "sha256="+Sign(w.Secret, body))
	}
	client := w.Client
	if client == nil {
		client = http.DefaultClient
	}
	answer, err := client.Do(r)
	if err != nil {
		return fmt.Errorf("check: webhook: %w", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return fmt.Errorf("check: webhook: answered %s", answer.Status)
	}
	return nil
}

// Sign gives the signature of a body, in hexadecimal.
func Sign(secret string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}

// Mail sends alerts by SMTP (RFC 5321), with STARTTLS (RFC 3207).
type Mail struct {
	Server         string // host:port
	User, Password string // empty: no authentication
	From           string
	To             []string
	Plain          bool        // send without TLS: for a relay on this machine
	TLS            *tls.Config // nil: the system's authorities
}

// Name is "mail".
func (Mail) Name() string { return "mail" }

// Send sends one message to all.
func (m Mail) Send(ctx context.Context, a Alert) (err error) {
	host, _, err := net.SplitHostPort(m.Server)
	if err != nil {
		return fmt.Errorf("check: mail: %w", err)
	}
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", m.Server)
	if err != nil {
		return fmt.Errorf("check: mail: %w", err)
	}
	if limit, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(limit)
	}
	c, err := smtp.NewClient(conn, host)
	if err != nil {
		return errors.Join(fmt.Errorf("check: mail: %w", err), conn.Close())
	}
	defer c.Close()
	if err := m.deliver(c, host, a); err != nil {
		return fmt.Errorf("check: mail: %w", err)
	}
	return nil
}

func (m Mail) deliver(c *smtp.Client, host string, a Alert) error {
	if !m.Plain {
		if ok, _ := c.Extension("STARTTLS"); !ok {
			return errors.New("the server does not offer STARTTLS")
		}
		settings := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
		if m.TLS != nil {
			settings = m.TLS.Clone()
			settings.ServerName = host
		}
		if err := c.StartTLS(settings); err != nil {
			return err
		}
	}
	if m.User != "" {
		if err := c.Auth(smtp.PlainAuth("", m.User, m.Password, host)); err != nil {
			return err
		}
	}
	if err := c.Mail(m.From); err != nil {
		return err
	}
	for _, to := range m.To {
		if err := c.Rcpt(to); err != nil {
			return err
		}
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(m.message(a)); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return c.Quit()
}

// message is the letter (RFC 5322), in French.
func (m Mail) message(a Alert) []byte {
	state := map[string]string{"broken": "EN PANNE", "degraded": "dégradé", "recovered": "rétabli"}[a.Event]
	subject := fmt.Sprintf("[%s] %s : %s", a.Service, a.Link.Name, state)
	var b strings.Builder
	fmt.Fprintf(&b, "From: %s\r\nTo: %s\r\nDate: %s\r\nSubject: %s\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n",
		m.From, strings.Join(m.To, ", "), time.Now().Format(time.RFC1123Z), mime.QEncoding.Encode("utf-8", subject))
	fmt.Fprintf(&b, "Maillon : %s\r\nÉtat : %s\r\nDepuis : %s\r\nRaison : %s\r\nResponsable : %s\r\n", a.Link.Name, state, a.Link.Since.Format("02/01/2006 15:04:05 -0700"), oneLine(a.Link.Reason), a.Link.Owner)
	return []byte(b.String())
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
