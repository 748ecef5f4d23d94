package provider

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/acotel/acotel-sbc/sms"
)

// BrevoConfig is an account of Brevo's transactional SMS API.
type BrevoConfig struct {
	Endpoint string // default https://api.brevo.com/v3
	APIKey   string
	Sender   string // at most 11 letters and digits, or 15 digits
	Receipts string // where their receipts are to come (webUrl); "": none
}

// Brevo sends through Brevo.
type Brevo struct {
	c      BrevoConfig
	client *http.Client
}

// NewBrevo makes the provider; errors wrap ErrConfig.
func NewBrevo(c BrevoConfig) (*Brevo, error) {
	if c.Endpoint == "" {
		c.Endpoint = "https://api.brevo.com/v3"
	}
	if c.APIKey == "" {
		return nil, fmt.Errorf("%w: sms.brevo.api_key is empty", ErrConfig)
	}
	if c.Sender == "" || len(c.Sender) > 15 {
		return nil, fmt.Errorf("%w: sms.sender %q: Brevo wants 1 to 11 letters and digits, or up to 15 digits", ErrConfig, c.Sender)
	}
	return &Brevo{c: c, client: newClient()}, nil
}

// Name is "brevo".
func (*Brevo) Name() string { return "brevo" }

// Send hands the message over. Its tag is the key; after doubt the events are asked for it first.
func (p *Brevo) Send(ctx context.Context, s sms.Submission) (sms.Receipt, error) {
	if s.Doubt {
		id, err := p.sent(ctx, s.Key)
		if err != nil || id != "" {
			return sms.Receipt{ProviderID: id}, err
		}
	}
	message := map[string]any{"sender": p.c.Sender, "recipient": strings.TrimPrefix(s.To.Reveal(), "+"), "content": s.Text, "type": "transactional", "tag": s.Key}
	if _, encoding := sms.Segments(s.Text); encoding == sms.UCS2 {
		message["unicodeEnabled"] = true
	}
	if p.c.Receipts != "" {
		message["webUrl"] = p.c.Receipts + "?key=" + url.QueryEscape(s.Key)
	}
	body, err := json.Marshal(message)
	if err != nil {
		return sms.Receipt{}, fmt.Errorf("%w: %w", sms.ErrPermanent, err)
	}
	answer, err := p.call(ctx, http.MethodPost, "/transactionalSMS/send", body)
	if err != nil {
		return sms.Receipt{}, err
	}
	var got struct {
		MessageID int64 `json:"messageId"`
	}
	if err := json.Unmarshal(answer.body, &got); err != nil || got.MessageID == 0 {
		return sms.Receipt{}, fmt.Errorf("%w: Brevo's answer names no message", sms.ErrDoubt)
	}
	return sms.Receipt{ProviderID: strconv.FormatInt(got.MessageID, 10)}, nil
}

// sent looks for a message with the tag; "" when there is none.
func (p *Brevo) sent(ctx context.Context, key string) (string, error) {
	answer, err := p.call(ctx, http.MethodGet, "/transactionalSMS/statistics/events?limit=1&tags="+url.QueryEscape(key), nil)
	if err != nil {
		return "", doubtAgain(err)
	}
	var got struct {
		Events []struct {
			MessageID json.RawMessage `json:"messageId"` // a number in some answers, text in others
		} `json:"events"`
	}
	if err := json.Unmarshal(answer.body, &got); err != nil {
		return "", fmt.Errorf("%w: Brevo's list of messages is no JSON", sms.ErrDoubt)
	}
	if len(got.Events) == 0 {
		return "", nil
	}
	return strings.Trim(string(got.Events[0].MessageID), `"`), nil
}

func (p *Brevo) call(ctx context.Context, method, path string, body []byte) (reply, error) {
	r, err := request(ctx, method, p.c.Endpoint+path, bytes.NewReader(body), map[string]string{"api-key": p.c.APIKey, "Content-Type": "application/json", "Accept": "application/json"})
	if err != nil {
		return reply{}, err
	}
	answer, err := do(p.client, r)
	if err != nil {
		return reply{}, err
	}
	if answer.status < 200 || answer.status > 299 {
		var said struct {
			Code, Message string
		}
		_ = json.Unmarshal(answer.body, &said) // without it the status must do
		return reply{}, statusError("Brevo", answer, said.Code)
	}
	return answer, nil
}
