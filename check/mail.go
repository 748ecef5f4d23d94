package check

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/wneessen/go-mail"
)

// Mail sends alerts by SMTP (RFC 5321), with STARTTLS (RFC 3207) or with TLS from the first byte (RFC 8314).
type Mail struct {
	Server         string // host:port
	User, Password string // empty: no authentication
	From           string
	To             []string
	Implicit       bool        // TLS from the first byte
	Plain          bool        // no TLS: for a relay on this machine
	TLS            *tls.Config // nil: the system's authorities
}

// What Mail's errors wrap, besides the network's own.
var (
	ErrMailServer      = errors.New("the mail server can't be reached")
	ErrMailCertificate = errors.New("the mail server's certificate is not to be trusted: check.alerts.mail.ca names its authority, check.alerts.mail.server the host it was made for")
	ErrMailLogin       = errors.New("the mail server refused the login: check.alerts.mail.user and password")
	ErrMailRefused     = errors.New("the mail server refused the message")
)

// Name is "mail".
func (Mail) Name() string { return "mail" }

// Send sends one message to all.
func (m Mail) Send(ctx context.Context, a Alert) error {
	client, err := m.client()
	if err != nil {
		return fmt.Errorf("check: mail: %w", err)
	}
	msg, err := m.message(a)
	if err != nil {
		return fmt.Errorf("check: mail: %w", err)
	}
	if err := client.DialWithContext(ctx); err != nil {
		return fmt.Errorf("check: mail: %w: %s: %w", whyNoMail(err), m.Server, err)
	}
	if err := client.Send(msg); err != nil {
		return errors.Join(fmt.Errorf("check: mail: %w: %s: %w", ErrMailRefused, m.Server, err), client.Close())
	}
	_ = client.Close() // the message is taken: a QUIT that goes wrong must not have it sent twice
	return nil
}

// whyNoMail tells what an operator has to look at.
func whyNoMail(err error) error {
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	switch text := err.Error(); {
	case errors.As(err, &certificate):
		return ErrMailCertificate
	case errors.As(err, &record):
		return fmt.Errorf("%w by TLS from the first byte: check.alerts.mail.implicit_tls", ErrMailServer)
	case strings.Contains(text, "SMTP AUTH") || strings.Contains(text, "uthentication"):
		return ErrMailLogin
	}
	return ErrMailServer
}

func (m Mail) client() (*mail.Client, error) {
	host, service, err := net.SplitHostPort(m.Server)
	if err != nil {
		return nil, err
	}
	port, err := strconv.Atoi(service)
	if err != nil {
		return nil, fmt.Errorf("%s is no port", service)
	}
	settings := &tls.Config{MinVersion: tls.VersionTLS12}
	if m.TLS != nil {
		settings = m.TLS.Clone()
	}
	settings.ServerName = host
	options := []mail.Option{mail.WithPort(port), mail.WithTLSConfig(settings), mail.WithTimeout(mailTimeout)}
	switch {
	case m.Plain:
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	case m.Implicit:
		options = append(options, mail.WithSSL())
	default:
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	}
	if m.User != "" {
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(m.User), mail.WithPassword(m.Password))
	}
	return mail.NewClient(host, options...)
}

// mailTimeout is how long one step with the server may take.
const mailTimeout = 15 * time.Second

// message is the letter, in French.
func (m Mail) message(a Alert) (*mail.Msg, error) {
	state := map[string]string{"broken": "EN PANNE", "degraded": "dégradé", "recovered": "rétabli", "test": "essai"}[a.Event]
	msg := mail.NewMsg()
	if err := msg.From(m.From); err != nil {
		return nil, err
	}
	if err := msg.To(m.To...); err != nil {
		return nil, err
	}
	msg.Subject(oneLine(fmt.Sprintf("[%s] %s : %s", a.Service, a.Link.Name, state)))
	msg.SetDate()
	msg.SetMessageID()
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no holiday notes in answer
	msg.SetBodyString(mail.TypeTextPlain, fmt.Sprintf("Maillon : %s\nÉtat : %s\nDepuis : %s\nRaison : %s\nResponsable : %s\n",
		a.Link.Name, state, a.Link.Since.Format("02/01/2006 15:04:05 -0700"), oneLine(a.Link.Reason), a.Link.Owner))
	return msg, nil
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
