package source

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// maxRedirects are followed, within the source's host.
const maxRedirects = 5

// validators of a copy, for conditional requests (RFC 9110 §13.1).
type validators struct{ etag, lastModified string }

// answer is one response, read to its end.
type answer struct {
	body        []byte
	header      http.Header
	url         *url.URL
	notModified bool
}

// fetcher asks one source, politely: one request at a time, with a pause between them, within the limits of a refresh.
type fetcher struct {
	c      Config
	client *retryablehttp.Client
	left   int64     // bytes that may still come
	last   time.Time // end of the request before
}

func newFetcher(c Config, transport http.RoundTripper, log *slog.Logger) *fetcher {
	r := retryablehttp.NewClient()
	r.HTTPClient = &http.Client{Transport: transport, CheckRedirect: sameHost}
	r.RetryMax, r.RetryWaitMin, r.RetryWaitMax = c.Limits.Retries, c.Limits.Backoff, 30*c.Limits.Backoff
	r.Logger = nil
	r.RequestLogHook = func(_ retryablehttp.Logger, q *http.Request, attempt int) {
		if attempt > 0 {
			log.Info("the workshops' source is asked again", "host", q.URL.Host, "attempt", attempt+1)
		}
	}
	r.ErrorHandler = retryablehttp.PassthroughErrorHandler
	return &fetcher{c: c, client: r, left: c.Limits.MaxBytes}
}

// sameHost keeps the headers with our keys from going elsewhere.
func sameHost(q *http.Request, via []*http.Request) error {
	if q.URL.Host != via[0].URL.Host {
		return fmt.Errorf("%w: it sends us on to another host, %s; if that is right, put the new address into the configuration", ErrAnswer, q.URL.Host)
	}
	if len(via) > maxRedirects {
		return fmt.Errorf("%w: it sends us on and on (%s)", ErrAnswer, q.URL.Path)
	}
	return nil
}

// get makes one request; known makes it conditional.
func (f *fetcher) get(ctx context.Context, u *url.URL, known validators) (answer, error) {
	if err := f.pause(ctx); err != nil {
		return answer{}, err
	}
	defer func() { f.last = time.Now() }()
	ctx, cancel := context.WithTimeout(ctx, f.c.Limits.Timeout*time.Duration(1+f.c.Limits.Retries))
	defer cancel()
	f.client.HTTPClient.Timeout = f.c.Limits.Timeout
	q, err := f.request(ctx, u, known)
	if err != nil {
		return answer{}, err
	}
	resp, err := f.client.Do(q)
	switch {
	case errors.Is(err, ErrAnswer):
		return answer{}, err
	case err != nil:
		return answer{}, fmt.Errorf("%w: %w", ErrUnreachable, withoutQuery(err))
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusNotModified && known != (validators{}) {
		return answer{notModified: true, header: resp.Header, url: u}, nil
	}
	if resp.StatusCode != http.StatusOK {
		hint, _ := io.ReadAll(io.LimitReader(resp.Body, 200))
		return answer{}, fmt.Errorf("%w: status %s", ErrAnswer, strings.TrimSpace(resp.Status+" "+shorten(plainText(string(hint)), 120)))
	}
	body, err := f.read(resp)
	return answer{body: body, header: resp.Header, url: resp.Request.URL}, err
}

// read takes the body within what is left of the refresh's bytes.
func (f *fetcher) read(resp *http.Response) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(resp.Body, f.left+1))
	if int64(len(body)) > f.left {
		return nil, fmt.Errorf("%w: more than %d MB; raise max_mb if that is right", ErrTooBig, f.c.Limits.MaxBytes>>20)
	}
	f.left -= int64(len(body))
	if err != nil {
		return nil, fmt.Errorf("%w: it stopped after %d bytes: %w", ErrAnswer, len(body), err)
	}
	return body, nil
}

// pause waits until the next request is polite.
func (f *fetcher) pause(ctx context.Context) error {
	if f.last.IsZero() {
		return nil
	}
	select {
	case <-time.After(time.Until(f.last.Add(f.c.Limits.Delay))):
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", ErrUnreachable, context.Cause(ctx))
	}
}

func (f *fetcher) request(ctx context.Context, u *url.URL, known validators) (*retryablehttp.Request, error) {
	var body any
	if f.c.Method == http.MethodPost {
		body = bytes.NewReader([]byte(f.c.Body))
	}
	q, err := retryablehttp.NewRequestWithContext(ctx, f.c.Method, u.String(), body)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	q.Header.Set("User-Agent", f.c.Agent)
	q.Header.Set("Accept", accepts(f.c.Kind))
	if body != nil {
		q.Header.Set("Content-Type", "application/json")
	}
	if known.etag != "" {
		q.Header.Set("If-None-Match", known.etag)
	}
	if known.lastModified != "" {
		q.Header.Set("If-Modified-Since", known.lastModified)
	}
	for name, value := range f.c.Headers {
		q.Header.Set(name, value)
	}
	return q, nil
}

func accepts(k Kind) string {
	switch k {
	case CSV:
		return "text/csv, text/plain;q=0.9, */*;q=0.1"
	case ICalendar:
		return "text/calendar, */*;q=0.1"
	}
	return "application/json, application/ld+json, */*;q=0.1"
}

// withoutQuery keeps keys that stand in an address out of messages.
func withoutQuery(err error) error {
	var u *url.Error
	if !errors.As(err, &u) {
		return err
	}
	address, _, _ := strings.Cut(u.URL, "?")
	return &url.Error{Op: u.Op, URL: address, Err: u.Err}
}
