package provider

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"

	"github.com/acotel/acotel-sbc/personal"
	"github.com/acotel/acotel-sbc/sms"
)

// Probe asks OVHcloud for the account, which proves address, keys and service without sending anything.
func (p *OVH) Probe(ctx context.Context) error {
	_, err := p.call(ctx, http.MethodGet, "/sms/"+url.PathEscape(p.c.Service), nil)
	return err
}

// Probe asks Brevo for the account, which proves address and key without sending anything.
func (p *Brevo) Probe(ctx context.Context) error {
	_, err := p.call(ctx, http.MethodGet, "/account", nil)
	return err
}

// Probe only opens a connection: nothing is known of what the provider could be asked without sending.
func (p *HTTP) Probe(ctx context.Context) error {
	u, err := p.address(p.fields(sms.Submission{To: personal.NewPhone("+33600000000"), Text: "x", Key: "x"}))
	if err != nil {
		return err
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		return fmt.Errorf("sms: the provider can't be reached: %w", err)
	}
	return conn.Close()
}
