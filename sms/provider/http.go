package provider

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"text/template"

	"github.com/tidwall/gjson"

	"github.com/acotel/acotel-sbc/sms"
)

// ErrConfig is wrapped by what is wrong with a provider's configuration.
var ErrConfig = errors.New("wrong configuration of the SMS provider")

// HTTPConfig describes a service that takes a message by one request. URL, Body and the values of Headers are templates (text/template)
// over {{.To}} (+33612345678), {{.Digits}} (33612345678), {{.National}} (0612345678), {{.Text}}, {{.Key}}, {{.Sender}} and {{.Receipts}}
// (where delivery receipts are taken, "" without) and {{.Secret.NAME}}; the function query escapes a value for an address or a form, json for JSON.
type HTTPConfig struct {
	Method  string // default POST when there is a Body, else GET
	URL     string
	Headers map[string]string
	Body    string
	Sender  string

	Accepted string            // regular expression that a good answer's body matches; "": every 2xx is good
	Refused  string            // regular expression of a body that means "never": the message is given up
	ID       string            // gjson path to the provider's name of the message, or a regular expression with one group between slashes; "": none
	Receipts string            // base address of our receipts
	Resend   bool              // when an answer was lost, send again rather than give up
	Secrets  map[string]string // for templates: {{.Secret.NAME}}
}

// HTTP is a provider made of templates.
type HTTP struct {
	c                 HTTPConfig
	client            *http.Client
	url, body         *template.Template
	headers           map[string]*template.Template
	accepted, refused *regexp.Regexp
	id                *regexp.Regexp // nil: ID is a path
}

var functions = template.FuncMap{
	"query": url.QueryEscape,
	"json": func(s string) (string, error) {
		b, err := json.Marshal(s)
		return string(b), err
	},
}

// NewHTTP compiles the configuration; errors wrap ErrConfig and name the key.
func NewHTTP(c HTTPConfig) (*HTTP, error) {
	p := &HTTP{c: c, client: newClient(), headers: map[string]*template.Template{}}
	var err error
	fail := func(key string, err error) error { return fmt.Errorf("%w: sms.http.%s: %w", ErrConfig, key, err) }
	compile := func(key, text string) (*template.Template, error) {
		t, err := template.New(key).Funcs(functions).Option("missingkey=error").Parse(text)
		if err == nil {
			err = t.Execute(io.Discard, fields{Secret: c.Secrets})
		}
		return t, err
	}
	if p.url, err = compile("url", c.URL); err != nil {
		return nil, fail("url", err)
	}
	if u, err := p.address(fields{To: "+33600000000", Digits: "33600000000", National: "0600000000", Text: "x", Key: "x", Sender: "x", Receipts: "http://x/", Secret: c.Secrets}); err != nil {
		return nil, fail("url", err)
	} else if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fail("url", errors.New("is no http or https address"))
	}
	if p.body, err = compile("body", c.Body); err != nil {
		return nil, fail("body", err)
	}
	for name, text := range c.Headers {
		if p.headers[name], err = compile(name, text); err != nil {
			return nil, fail("headers."+name, err)
		}
	}
	if p.accepted, err = regexp.Compile(c.Accepted); err != nil {
		return nil, fail("accepted", err)
	}
	if p.refused, err = regexp.Compile(c.Refused); err != nil {
		return nil, fail("refused", err)
	}
	if text, ok := strings.CutPrefix(c.ID, "/"); ok {
		if p.id, err = regexp.Compile(strings.TrimSuffix(text, "/")); err != nil {
			return nil, fail("id", err)
		}
		if p.id.NumSubexp() != 1 {
			return nil, fail("id", errors.New("has not one group in brackets"))
		}
	}
	if p.c.Method == "" {
		p.c.Method = http.MethodGet
		if c.Body != "" {
			p.c.Method = http.MethodPost
		}
	}
	return p, nil
}

// fields are what templates see.
type fields struct {
	To, Digits, National, Text, Key, Sender, Receipts string
	Secret                                            map[string]string
}

func (p *HTTP) fields(s sms.Submission) fields {
	to := s.To.Reveal()
	f := fields{To: to, Digits: strings.TrimPrefix(to, "+"), National: to, Text: s.Text, Key: s.Key, Sender: p.c.Sender, Secret: p.c.Secrets}
	if rest, ok := strings.CutPrefix(to, "+33"); ok {
		f.National = "0" + rest
	}
	if p.c.Receipts != "" {
		f.Receipts = p.c.Receipts + "?key=" + url.QueryEscape(s.Key)
	}
	return f
}

func (p *HTTP) address(f fields) (*url.URL, error) {
	var b strings.Builder
	if err := p.url.Execute(&b, f); err != nil {
		return nil, err
	}
	u, err := url.Parse(b.String())
	if err != nil {
		return nil, plain(err)
	}
	return u, nil
}

// Name is "http".
func (*HTTP) Name() string { return "http" }

// Send makes the one request.
func (p *HTTP) Send(ctx context.Context, s sms.Submission) (sms.Receipt, error) {
	if s.Doubt && !p.c.Resend {
		return sms.Receipt{}, fmt.Errorf("%w: an earlier answer of the provider was lost, so the message may have gone out (sms.http.resend sends it again)", sms.ErrPermanent)
	}
	f := p.fields(s)
	u, err := p.address(f)
	if err != nil {
		return sms.Receipt{}, fmt.Errorf("%w: sms.http.url: %w", sms.ErrPermanent, err)
	}
	var body bytes.Buffer
	if err := p.body.Execute(&body, f); err != nil {
		return sms.Receipt{}, fmt.Errorf("%w: sms.http.body: %w", sms.ErrPermanent, err)
	}
	headers := map[string]string{}
	for name, t := range p.headers {
		var b strings.Builder
		if err := t.Execute(&b, f); err != nil {
			return sms.Receipt{}, fmt.Errorf("%w: sms.http.headers.%s: %w", sms.ErrPermanent, name, err)
		}
		headers[name] = b.String()
	}
	r, err := request(ctx, p.c.Method, u.String(), &body, headers)
	if err != nil {
		return sms.Receipt{}, err
	}
	answer, err := do(p.client, r)
	if err != nil {
		return sms.Receipt{}, err
	}
	return p.judge(answer)
}

func (p *HTTP) judge(answer reply) (sms.Receipt, error) {
	text := string(answer.body)
	switch {
	case p.c.Refused != "" && p.refused.MatchString(text):
		return sms.Receipt{}, fmt.Errorf("%w: the provider refuses it: %d", sms.ErrPermanent, answer.status)
	case answer.status < 200 || answer.status > 299:
		return sms.Receipt{}, statusError("the provider", answer, "")
	case p.c.Accepted != "" && !p.accepted.MatchString(text):
		return sms.Receipt{}, errors.New("the provider's answer doesn't match sms.http.accepted")
	}
	return sms.Receipt{ProviderID: p.idOf(answer.body)}, nil
}

func (p *HTTP) idOf(body []byte) string {
	switch {
	case p.id != nil:
		if m := p.id.FindSubmatch(body); m != nil {
			return string(m[1])
		}
	case p.c.ID != "":
		return gjson.GetBytes(body, p.c.ID).String()
	}
	return ""
}
