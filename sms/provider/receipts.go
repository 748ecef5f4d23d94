package provider

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"

	"github.com/acotel/acotel-sbc/personal"
	"github.com/acotel/acotel-sbc/sms"
)

// Receipts takes delivery receipts: GET or POST, the message's key in the query (we put it into the address that the provider gets), the
// status in the query, the form or the JSON body under one of statusKeys. Statuses in neither list (taken, on its way, unheard of) are
// answered 200 and change nothing. OVHcloud has one address for all messages and names them by its own id (ovhReceipt); one that is not
// known, or not yet, is answered 404.
type Receipts struct {
	Outbox interface {
		Delivered(ctx context.Context, key string, d sms.Delivery) (bool, error)
		DeliveredAs(ctx context.Context, providerID string, d sms.Delivery) (bool, error)
	}
	Delivered, Undelivered []string // words of the provider; none: those of Kannel, SMPP and Brevo
	Log                    *slog.Logger
}

// statusKeys are the names under which providers give a status.
var statusKeys = []string{"status", "msg_status", "event", "state"}

// The words of Kannel (%d of its dlr-url), SMPP (3.4 appendix B) and Brevo.
var (
	delivered   = []string{"1", "DELIVRD", "delivered", "Delivered"}
	undelivered = []string{"2", "16", "UNDELIV", "EXPIRED", "REJECTD", "DELETED", "undelivered", "failed", "rejected", "expired", "hardBounce", "softBounce", "blacklisted", "error"}
)

// ovhReceipt reads what OVHcloud adds to the address of the account's callBack ("Tout savoir sur les utilisateurs SMS", step 5): id, ptt,
// date, description and descriptionDlr. The state is the number in description, 0 and 4 waiting, 1 success, 2 failed, 8 buffered, 16 error;
// others report it as dlr, and one of the two is there. Of ptt, which tells more, only 4 (delivered) is the same in all its lists: the guide's
// differs from that of their SMPP service, so that no failure is read out of it.
func ovhReceipt(q url.Values) (status string, d sms.Delivery) {
	for _, k := range []string{"dlr", "description"} {
		switch q.Get(k) {
		case "1":
			return q.Get(k), sms.Delivered
		case "2", "16":
			return q.Get(k), sms.Undelivered
		case "0", "4", "8":
			return q.Get(k), ""
		}
	}
	if ptt := q.Get("ptt"); ptt != "" {
		if ptt == "4" {
			return "ptt 4", sms.Delivered
		}
		return "ptt " + ptt, ""
	}
	return q.Get("dlr") + q.Get("description"), ""
}

// maxReceipt is the largest body of a receipt, in bytes.
const maxReceipt = 16 << 10

func (h Receipts) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	key, id := r.URL.Query().Get("key"), r.URL.Query().Get("id")
	var status string
	var d sms.Delivery
	if key == "" {
		status, d = ovhReceipt(r.URL.Query())
	} else {
		status = h.status(r)
		switch {
		case slices.Contains(orDefault(h.Delivered, delivered), status):
			d = sms.Delivered
		case slices.Contains(orDefault(h.Undelivered, undelivered), status):
			d = sms.Undelivered
		}
	}
	if key == "" && id == "" || status == "" {
		http.Error(w, "key (or id) or status is missing", http.StatusBadRequest)
		return
	}
	if d == "" {
		h.Log.Debug("a delivery receipt that settles nothing", "key", key, "id", id, "status", personal.HideNumbers(status))
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
