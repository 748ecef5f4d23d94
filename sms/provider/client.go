package provider

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/acotel/acotel-sbc/sms"
)

// maxAnswer is how much of an answer is read.
const maxAnswer = 64 << 10

// reply is an answer, read to its end.
type reply struct {
	status int
	body   []byte
}

// newClient follows no redirect: a message and its secrets go where the configuration says, nowhere else.
func newClient() *http.Client {
	return &http.Client{
		Timeout:       30 * time.Second, // the outbox's context is shorter
		Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: 4, IdleConnTimeout: 30 * time.Second, TLSHandshakeTimeout: 10 * time.Second},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// do sends a request. An error that came before the request can have been read is plain; a later one wraps sms.ErrDoubt.
func do(client *http.Client, r *http.Request) (reply, error) {
	resp, err := client.Do(r)
	if err != nil {
		return reply{}, refusedOrLost(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return reply{}, fmt.Errorf("%w: the answer stopped after %d bytes: %w", sms.ErrDoubt, len(body), plain(err))
	}
	return reply{resp.StatusCode, body}, nil
}

// refusedOrLost tells a request that never left from one whose answer is missing.
func refusedOrLost(err error) error {
	var op *net.OpError
	var dns *net.DNSError
	if errors.As(err, &dns) || errors.As(err, &op) && op.Op == "dial" {
		return fmt.Errorf("the provider can't be reached: %w", plain(err))
	}
	return fmt.Errorf("%w: %w", sms.ErrDoubt, plain(err))
}

// plain leaves out what *url.Error adds: the address, which may hold a number, a text or a secret.
func plain(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// statusError judges an answer that is no success: what the provider will never take is permanent; 408, 429 and 5xx are for another time.
func statusError(name string, r reply, hint string) error {
	hint = strings.Join(strings.Fields(hint), " ")
	if len(hint) > 160 {
		hint = hint[:160]
	}
	err := fmt.Errorf("%s answered %d %s", name, r.status, strings.ToValidUTF8(hint, ""))
	if r.status >= 400 && r.status < 500 && r.status != http.StatusRequestTimeout && r.status != http.StatusTooManyRequests {
		return fmt.Errorf("%w: %w", sms.ErrPermanent, err)
	}
	return err
}

// request makes a request with headers.
func request(ctx context.Context, method, address string, body io.Reader, headers map[string]string) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return nil, fmt.Errorf("%w: the provider's address is none: %w", sms.ErrPermanent, plain(err))
	}
	for k, v := range headers {
		r.Header.Set(k, v)
	}
	return r, nil
}
