package provider

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"

	"github.com/acotel/acotel-sbc/sms"
)

// Receipts takes delivery receipts: GET or POST, the message's key in the query (we put it into the address that the provider gets), the
// status in the query, the form or the JSON body under one of statusKeys. Statuses in neither list (taken, on its way) are answered 200 and
// change nothing. OVHcloud has one address for all messages and names them by its own id (?id=…&dlr=…); one that is not known, or not yet,
// is answered 404.
type Receipts struct {
	Outbox interface {
		Delivered(ctx context.Context, key string, d sms.Delivery) (bool, error)
		DeliveredAs(ctx context.Context, providerID string, d sms.Delivery) (bool, error)
	}
	Delivered, Undelivered []string // words of the provider; none: those of Kannel, SMPP and Brevo
	Log                    *slog.Logger
}

// statusKeys are the names under which providers give a status.
var statusKeys = []string{"status", "msg_status", "event", "state", "dlr"}

// The words of Kannel and OVHcloud (%d of Kannel's dlr-url, dlr of OVHcloud's), SMPP (3.4 appendix B) and Brevo.
var (
	delivered   = []string{"1", "DELIVRD", "delivered", "Delivered"}
	undelivered = []string{"2", "16", "UNDELIV", "EXPIRED", "REJECTD", "DELETED", "undelivered", "failed", "rejected", "expired", "hardBounce", "softBounce", "blacklisted", "error"}
)

// maxReceipt is the largest body of a receipt, in bytes.
const maxReceipt = 16 << 10

func (h Receipts) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	key, id := r.URL.Query().Get("key"), r.URL.Query().Get("id")
	status := h.status(r)
	if key == "" && id == "" || status == "" {
		http.Error(w, "key (or id) or status is missing", http.StatusBadRequest)
		return
	}
	var d sms.Delivery
	switch {
	case slices.Contains(orDefault(h.Delivered, delivered), status):
		d = sms.Delivered
	case slices.Contains(orDefault(h.Undelivered, undelivered), status):
		d = sms.Undelivered
	default:
		w.WriteHeader(http.StatusOK)
		return
	}
	var known bool
	var err error
	if key != "" {
		known, err = h.Outbox.Delivered(r.Context(), key, d)
	} else {
		known, err = h.Outbox.DeliveredAs(r.Context(), id, d)
	}
	if err != nil {
		h.Log.Error("a delivery receipt can't be written", "error", err)
		http.Error(w, "try again", http.StatusServiceUnavailable) // providers do
		return
	}
	if known {
		h.Log.Info("SMS "+string(d), "key", key, "id", id, "status", status)
	} else if key == "" {
		http.Error(w, "no such message", http.StatusNotFound)
		return
	}
	w.WriteHeader(http.StatusOK)
}

func orDefault(words, fallback []string) []string {
	if len(words) > 0 {
		return words
	}
	return fallback
}

func (h Receipts) status(r *http.Request) string {
	for _, k := range statusKeys {
		if v := r.URL.Query().Get(k); v != "" {
			return v
		}
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxReceipt))
	if err != nil || len(body) == 0 {
		return ""
	}
	var fields map[string]any
	if json.Unmarshal(body, &fields) == nil {
		for _, k := range statusKeys {
			if v, ok := fields[k].(string); ok {
				return v
			}
		}
		return ""
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return ""
	}
	for _, k := range statusKeys {
		if v := form.Get(k); v != "" {
			return v
		}
	}
	return ""
}
