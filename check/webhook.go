package check

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
)

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
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err // without the address, which may hold a secret
		}
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
