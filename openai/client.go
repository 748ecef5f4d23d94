package openai

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	maxErrorBody = 64 << 10 // bytes of a refusal that are read
	maxErrorText = 300      // bytes of one that is not JSON
	firstPause   = 50 * time.Millisecond
	longestPause = 2 * time.Second
	dialTimeout  = 2 * time.Second // a server that can't be reached is known soon
)

// Client asks one server. Make it with NewClient.
type Client struct {
	base    string
	key     string
	retries int
	http    *http.Client
}

// NewClient makes a client of the server at base ("https://api.openai.com/v1").
// key may be empty. retries is how often a request is sent again after 429, 5xx
// or a connection that could not be made, as long as its context lasts.
func NewClient(base, key string, retries int) *Client {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.Proxy = nil // the address is the configuration's: nothing of the environment stands between
	t.MaxIdleConnsPerHost = 32
	t.DialContext = (&net.Dialer{Timeout: dialTimeout}).DialContext
	return &Client{base: strings.TrimSuffix(base, "/"), key: key, retries: retries, http: &http.Client{Transport: t,
		// A redirection would carry voices and key to an address that nobody configured.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// Close closes the connections that are kept.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Request is what is sent; the body is sent anew with each try.
type Request struct {
	Method, Path string // Path below the base: "/models"
	ContentType  string
	Header       http.Header // more of it
	Body         []byte
	MaxWait      time.Duration // longer Retry-Afters are not waited for; 0: as long as the context lasts
}

// Do sends r and returns the answer when its status is 200; the caller closes
// its body. Errors: *Error for another status, the context's own, the
// connection's.
func (c *Client) Do(ctx context.Context, r Request) (*http.Response, error) {
	for try := 0; ; try++ {
		answer, wait, err := c.once(ctx, r)
		if err == nil || try >= c.retries || !worthAnother(err) {
			return answer, err
		}
		pause := min(firstPause<<try, longestPause)
		pause = pause/2 + rand.N(pause/2+1) // calls that failed together do not come back together
		pause = max(pause, wait)
		if r.MaxWait > 0 && wait > r.MaxWait {
			return nil, err
		}
		if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < pause {
			return nil, err // it would come too late
		}
		t := time.NewTimer(pause)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return nil, fmt.Errorf("%w: %w", context.Cause(ctx), err)
		}
	}
}

// worthAnother tells whether sending it again may help, and does no harm: what
// was asked is only to listen or to speak.
func worthAnother(err error) bool {
	var e *Error
	if errors.As(err, &e) {
		return e.Temporary()
	}
	return !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded)
}

// once sends r. wait is what a refusal says about the next try.
func (c *Client) once(ctx context.Context, r Request) (answer *http.Response, wait time.Duration, err error) {
	q, err := http.NewRequestWithContext(ctx, r.Method, c.base+r.Path, strings.NewReader(string(r.Body)))
	if err != nil {
		return nil, 0, fmt.Errorf("openai: %w", err)
	}
	for k, v := range r.Header {
		q.Header[k] = v
	}
	if r.ContentType != "" {
		q.Header.Set("Content-Type", r.ContentType)
	}
	if c.key != "" {
		q.Header.Set("Authorization", "Bearer "+c.key)
	}
	if answer, err = c.http.Do(q); err != nil {
		if ctx.Err() != nil {
			return nil, 0, fmt.Errorf("openai: %w", context.Cause(ctx))
		}
		return nil, 0, fmt.Errorf("openai: %w", err)
	}
	if answer.StatusCode == http.StatusOK {
		return answer, 0, nil
	}
	defer answer.Body.Close()
	return nil, retryAfter(answer.Header), readError(answer)
}

// retryAfter reads the seconds of Retry-After; a date counts as none.
func retryAfter(h http.Header) time.Duration {
	n, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil || n < 0 || n > 3600 {
		return 0
	}
	return time.Duration(n) * time.Second
}

// readError reads a refusal, which need not be in OpenAI's shape.
func readError(answer *http.Response) error {
	text, _ := io.ReadAll(io.LimitReader(answer.Body, maxErrorBody)) // what came is enough
	var e Envelope
	if json.Unmarshal(text, &e) != nil || e.Error == nil {
		e.Error = &Error{Message: strings.TrimSpace(strings.ToValidUTF8(string(text[:min(len(text), maxErrorText)]), "?"))}
	}
	e.Error.Status = answer.StatusCode
	return e.Error
}
