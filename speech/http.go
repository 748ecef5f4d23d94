package speech

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/acotel/acotel-sbc/asr"
	"github.com/acotel/acotel-sbc/asr/chain"
	"github.com/acotel/acotel-sbc/asr/remote"
	"github.com/acotel/acotel-sbc/openai"
)

// Names under which clients of OpenAI's interface ask for what there is.
const (
	hearAlias  = "whisper-1"
	speakAlias = "tts-1"
	voiceAlias = "alloy" // what most clients say when nobody told them
)

// Models of OpenAI's that clients ask for when nobody told them what is here.
var (
	hearNames  = []string{hearAlias, "gpt-4o-transcribe", "gpt-4o-mini-transcribe"}
	speakNames = []string{speakAlias, "tts-1-hd", "gpt-4o-mini-tts"}
)

// Types of errors, OpenAI's words.
const (
	badRequest  = "invalid_request_error"
	serverError = "server_error"
	tooMany     = "rate_limit_error"
)

func (s *Server) routes() http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	m.HandleFunc("POST /v1/audio/transcriptions", s.guarded(s.transcriptions))
	m.HandleFunc("POST /v1/audio/speech", s.guarded(s.speak))
	m.HandleFunc("GET /v1/models", s.guarded(s.models))
	m.HandleFunc("GET /v1/models/{id}", s.guarded(s.model))
	for path, method := range map[string]string{"/v1/audio/transcriptions": http.MethodPost, "/v1/audio/speech": http.MethodPost, "/v1/models": http.MethodGet, "/v1/models/{id}": http.MethodGet} {
		m.HandleFunc(path, s.guarded(func(w http.ResponseWriter, q *http.Request) error {
			w.Header().Set("Allow", method)
			return refuse(http.StatusMethodNotAllowed, badRequest, "method_not_allowed", "", "%s is not served at %s, %s is", q.Method, q.URL.Path, method)
		}))
	}
	m.HandleFunc("/", s.guarded(func(w http.ResponseWriter, q *http.Request) error {
		return refuse(http.StatusNotFound, badRequest, "unknown_url", "", "%s %s is not served here; there are /v1/audio/transcriptions, /v1/audio/speech and /v1/models", q.Method, q.URL.Path)
	}))
	return m
}

// refuse makes an error in OpenAI's shape.
func refuse(status int, kind, code, param, format string, args ...any) *openai.Error {
	e := &openai.Error{Status: status, Type: kind, Message: fmt.Sprintf(format, args...)}
	if code != "" {
		e.Code = &code
	}
	if param != "" {
		e.Param = &param
	}
	return e
}

// guarded asks for the key and writes the errors of f.
func (s *Server) guarded(f func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, q *http.Request) {
		var err error
		if key, _ := strings.CutPrefix(q.Header.Get("Authorization"), "Bearer "); s.allowed(key) {
			err = f(w, q)
		} else {
			err = refuse(http.StatusUnauthorized, badRequest, "invalid_api_key", "", "the key is missing or wrong: Authorization: Bearer KEY")
		}
		if err == nil {
			return
		}
		e := s.explain(err)
		if e.Status >= 500 && q.Context().Err() == nil { // who is gone reads no answer, and that is no trouble of ours
			s.cfg.Log.Error("a request failed", "path", q.URL.Path, "error", err)
		}
		if e.Temporary() {
			w.Header().Set("Retry-After", "1")
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(e.Status)
		_ = json.NewEncoder(w).Encode(openai.Envelope{Error: e}) // a client that is gone does not read it
	}
}

// explain turns any error into one that a client understands.
func (s *Server) explain(err error) *openai.Error {
	var e *openai.Error
	var big *http.MaxBytesError
	switch {
	case errors.As(err, &e):
		return e
	case errors.As(err, &big):
		return refuse(http.StatusRequestEntityTooLarge, badRequest, "too_large", "", "the request has more than %d bytes", big.Limit)
	case errors.Is(err, errFull):
		return refuse(http.StatusTooManyRequests, tooMany, "busy", "", "too much at once, ask again in a second")
	case errors.Is(err, os.ErrDeadlineExceeded):
		return refuse(http.StatusRequestTimeout, badRequest, "too_slow", "", "the request did not come within %.0f s", s.http.ReadTimeout.Seconds())
	case errors.Is(err, chain.ErrLate), errors.Is(err, remote.ErrTimeout):
		return refuse(http.StatusServiceUnavailable, serverError, "late", "", "the recogniser was not done in time, ask again in a moment; the server's log says more")
	case errors.Is(err, context.Canceled): // read only by who closed their own side alone
		return refuse(http.StatusBadRequest, badRequest, "closed", "", "the connection was closed before the answer came: keep it open until then")
	case errors.Is(err, asr.ErrBusy):
		return refuse(http.StatusServiceUnavailable, serverError, "busy", "", "the recogniser is too busy, ask again in a second")
	}
	return refuse(http.StatusInternalServerError, serverError, "", "", "this failed; the server's log says why")
}

// sendJSON answers with v.
func sendJSON(w http.ResponseWriter, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(text) // a client that is gone does not read it
	return nil
}

func (s *Server) list() []openai.Model {
	var out []openai.Model
	for _, id := range []string{s.cfg.Recognizer.Name(), hearAlias, s.cfg.VoiceName, speakAlias} {
		out = append(out, openai.Model{ID: id, Object: "model", OwnedBy: "acotel-sbc"})
	}
	return out
}

func (s *Server) models(w http.ResponseWriter, _ *http.Request) error {
	return sendJSON(w, openai.Models{Object: "list", Data: s.list()})
}

func (s *Server) model(w http.ResponseWriter, q *http.Request) error {
	id := q.PathValue("id")
	all := s.list()
	i := slices.IndexFunc(all, func(m openai.Model) bool { return m.ID == id })
	if i < 0 {
		return refuse(http.StatusNotFound, badRequest, "model_not_found", "model", "there is no model %q", id)
	}
	return sendJSON(w, all[i])
}

// checkModel refuses a model that is not here. own is the name of ours, others are those that mean it; "" is the only one there is.
func checkModel(asked, own string, others []string) error {
	if asked == "" || asked == own || slices.Contains(others, asked) {
		return nil
	}
	return refuse(http.StatusNotFound, badRequest, "model_not_found", "model", "there is no model %q here; there is %q, which is also %s", asked, own, others[0])
}

// patient gives a client time to take what comes next.
func patient(w http.ResponseWriter) error {
	return http.NewResponseController(w).SetWriteDeadline(time.Now().Add(writeLimit))
}
