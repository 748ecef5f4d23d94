package models

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"
)

// Errors, for errors.Is.
var (
	ErrStalled = errors.New("models: nothing comes from there any more")
	ErrAddress = errors.New("models: files come from http:// and https:// addresses, or from this machine")
)

const (
	fetchPattern = ".fetch-*" // of files that are being fetched
	maxFetch     = 8 << 30    // bytes, above the largest Whisper in 16 bits (3.1 GB)
	dialLimit    = 15 * time.Second
)

// Fetch brings what is at an http or https address into a temporary file in dir, which is the caller's to remove; nothing is left of it when it
// fails. stall is the longest silence of the server, before its answer and within it. Errors: ErrStalled, those of the network and the disk,
// ctx's own.
func Fetch(ctx context.Context, dir, address string, stall time.Duration) (path string, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	quiet := time.AfterFunc(stall, func() { cancel(fmt.Errorf("%w: %v without a byte", ErrStalled, stall)) })
	defer quiet.Stop()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", fmt.Errorf("models: %w", err)
	}
	address = request.URL.Redacted()
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DialContext = (&net.Dialer{Timeout: dialLimit}).DialContext
	defer transport.CloseIdleConnections()
	explain := func(err error) error {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		return fmt.Errorf("models: %s: %w", address, err)
	}
	answer, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return "", explain(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return "", fmt.Errorf("models: %s answers %s", address, answer.Status)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("models: %w", err)
	}
	f, err := os.CreateTemp(dir, fetchPattern)
	if err != nil {
		return "", fmt.Errorf("models: %w", err)
	}
	n, err := io.Copy(f, io.LimitReader(awake{answer.Body, func() { quiet.Reset(stall) }}, maxFetch))
	if err = errors.Join(err, f.Close()); err == nil && answer.ContentLength >= 0 && n != answer.ContentLength {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return "", errors.Join(explain(err), os.Remove(f.Name()))
	}
	return f.Name(), nil
}

// awake tells of every byte that comes.
type awake struct {
	io.Reader
	heard func()
}

func (a awake) Read(p []byte) (int, error) {
	n, err := a.Reader.Read(p)
	if n > 0 {
		a.heard()
	}
	return n, err
}
