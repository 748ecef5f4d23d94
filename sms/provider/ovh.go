package provider

import (
	"bytes"
	"context"
	"crypto/sha1" //nolint:gosec // the signature that OVHcloud's API asks for
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/acotel/acotel-sbc/sms"
)

// OVHConfig is an account of OVHcloud's SMS API. The three keys come from its token page, with the rights POST /sms/*/jobs and
// GET /sms/*/outgoing; PUT /sms/* where delivery receipts are wanted.
type OVHConfig struct {
	Endpoint          string // default https://eu.api.ovh.com/1.0
	ApplicationKey    string
	ApplicationSecret string
	ConsumerKey       string
	Service           string // the SMS account, as sms-ab12345-1
	Sender            string // "": a short number of OVHcloud
}

// OVH sends through OVHcloud.
type OVH struct {
	c      OVHConfig
	client *http.Client
	now    func() time.Time

	mu    sync.Mutex
	delta *time.Duration // their clock against ours
}

// NewOVH makes the provider; errors wrap ErrConfig.
func NewOVH(c OVHConfig) (*OVH, error) {
	if c.Endpoint == "" {
		c.Endpoint = "https://eu.api.ovh.com/1.0"
	}
	for key, v := range map[string]string{"application_key": c.ApplicationKey, "application_secret": c.ApplicationSecret, "consumer_key": c.ConsumerKey, "service": c.Service} {
		if v == "" {
			return nil, fmt.Errorf("%w: sms.ovh.%s is empty", ErrConfig, key)
		}
	}
	return &OVH{c: c, client: newClient(), now: time.Now}, nil
}

// Name is "ovh".
func (*OVH) Name() string { return "ovh" }

// Send makes a job of one message. Its tag is the key; after doubt the sent messages are asked for it first.
func (p *OVH) Send(ctx context.Context, s sms.Submission) (sms.Receipt, error) {
	tag := shortKey(s.Key, ovhTag)
	if s.Doubt {
		id, err := p.sent(ctx, tag)
		if err != nil || id != "" {
			return sms.Receipt{ProviderID: id}, err
		}
	}
	job := map[string]any{"message": s.Text, "receivers": []string{s.To.Reveal()}, "noStopClause": true, "priority": "high", "charset": "UTF-8", "coding": "7bit", "tag": tag}
	if n, encoding := sms.Segments(s.Text); n > 0 && encoding == sms.UCS2 {
		job["coding"] = "8bit" // their word for UCS-2
	}
	if p.c.Sender != "" {
		job["sender"] = p.c.Sender
	} else {
		job["senderForResponse"] = true
	}
	body, err := json.Marshal(job)
	if err != nil {
		return sms.Receipt{}, fmt.Errorf("%w: %w", sms.ErrPermanent, err)
	}
	answer, err := p.call(ctx, http.MethodPost, "/sms/"+url.PathEscape(p.c.Service)+"/jobs", body)
	if err != nil {
		return sms.Receipt{}, err
	}
	var got struct {
		IDs     []int64  `json:"ids"`
		Invalid []string `json:"invalidReceivers"`
	}
	if err := json.Unmarshal(answer.body, &got); err != nil {
		return sms.Receipt{}, fmt.Errorf("%w: OVHcloud's answer is no JSON", sms.ErrDoubt)
	}
	if len(got.Invalid) > 0 {
		return sms.Receipt{}, fmt.Errorf("%w: OVHcloud says that the number is invalid", sms.ErrPermanent)
	}
	if len(got.IDs) == 0 {
		return sms.Receipt{}, fmt.Errorf("%w: OVHcloud's answer names no message", sms.ErrDoubt)
	}
	return sms.Receipt{ProviderID: strconv.FormatInt(got.IDs[0], 10)}, nil
}

// AskReceipts has OVHcloud call an address when a message was delivered or never will be: it is a setting of the whole SMS account (callBack),
// so an account belongs to one instance. It needs the right PUT /sms/*.
func (p *OVH) AskReceipts(ctx context.Context, address string) error {
	body, err := json.Marshal(map[string]string{"callBack": address})
	if err != nil {
		return err
	}
	_, err = p.call(ctx, http.MethodPut, "/sms/"+url.PathEscape(p.c.Service), body)
	return err
}

// ovhTag is the longest tag that OVHcloud takes, in characters.
const ovhTag = 20

// shortKey makes a key of at most n characters: itself, or the beginning of its hash.
func shortKey(key string, n int) string {
	if len(key) <= n {
		return key
	}
	sum := sha1.Sum([]byte(key)) //nolint:gosec // a name, not a secret
	return hex.EncodeToString(sum[:])[:n]
}

// sent looks for a message with the tag; "" when there is none.
func (p *OVH) sent(ctx context.Context, tag string) (string, error) {
	answer, err := p.call(ctx, http.MethodGet, "/sms/"+url.PathEscape(p.c.Service)+"/outgoing?tag="+url.QueryEscape(tag), nil)
	if err != nil {
		return "", doubtAgain(err)
	}
	var ids []int64
	if err := json.Unmarshal(answer.body, &ids); err != nil {
		return "", fmt.Errorf("%w: OVHcloud's list of messages is no JSON", sms.ErrDoubt)
	}
	if len(ids) == 0 {
		return "", nil
	}
	return strconv.FormatInt(ids[0], 10), nil
}

// doubtAgain keeps a doubt that could not be cleared up.
func doubtAgain(err error) error {
	return fmt.Errorf("%w: asking whether the message went out: %s", sms.ErrDoubt, err.Error())
}

// call makes a signed request: "$1$" and the SHA-1 of secret, consumer, method, address, body and time, with plus signs between.
func (p *OVH) call(ctx context.Context, method, path string, body []byte) (reply, error) {
	delta, err := p.clock(ctx)
	if err != nil {
		return reply{}, err
	}
	address := p.c.Endpoint + path
	stamp := strconv.FormatInt(p.now().Add(delta).Unix(), 10)
	sum := sha1.Sum([]byte(strings.Join([]string{p.c.ApplicationSecret, p.c.ConsumerKey, method, address, string(body), stamp}, "+"))) //nolint:gosec
	r, err := request(ctx, method, address, bytes.NewReader(body), map[string]string{
		"X-Ovh-Application": p.c.ApplicationKey, "X-Ovh-Consumer": p.c.ConsumerKey, "X-Ovh-Timestamp": stamp,
		"X-Ovh-Signature": "$1$" + hex.EncodeToString(sum[:]), "Content-Type": "application/json",
	})
	if err != nil {
		return reply{}, err
	}
	answer, err := do(p.client, r)
	if err != nil {
		return reply{}, err
	}
	if answer.status < 200 || answer.status > 299 {
		var said struct {
			Message string `json:"message"`
		}
		_ = json.Unmarshal(answer.body, &said) // without it the status must do
		return reply{}, statusError("OVHcloud", answer, said.Message)
	}
	return answer, nil
}

// clock asks once how far their clock is from ours: a stamp that is off is refused.
func (p *OVH) clock(ctx context.Context) (time.Duration, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.delta != nil {
		return *p.delta, nil
	}
	r, err := request(ctx, http.MethodGet, p.c.Endpoint+"/auth/time", nil, nil)
	if err != nil {
		return 0, err
	}
	answer, err := do(p.client, r)
	if err != nil {
		return 0, fmt.Errorf("OVHcloud's clock: %s", err.Error()) // no doubt: nothing was handed over
	}
	at, err := strconv.ParseInt(strings.TrimSpace(string(answer.body)), 10, 64)
	if answer.status != http.StatusOK || err != nil {
		return 0, fmt.Errorf("OVHcloud's clock: %w", statusError("OVHcloud", reply{status: http.StatusServiceUnavailable}, ""))
	}
	delta := time.Unix(at, 0).Sub(p.now()).Round(time.Second)
	p.delta = &delta
	return delta, nil
}
