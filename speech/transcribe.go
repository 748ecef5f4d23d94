package speech

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math"
	"mime/multipart"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/acotel/acotel-sbc/asr"
	"github.com/acotel/acotel-sbc/asr/pieces"
	"github.com/acotel/acotel-sbc/asr/remote"
	"github.com/acotel/acotel-sbc/media"
	"github.com/acotel/acotel-sbc/openai"
)

const (
	maxField  = 64 << 10 // bytes of a field of the form
	workRate  = 16000    // Hz; sound of rates that recognisers don't take is converted to it
	maxPhrase = 80       // bytes of a phrase in a prompt

	longestTurn = 10 // s that a recogniser hears in the time of a turn
)

// form is a request for a transcription.
type form struct {
	file   []byte
	fields map[string]string
}

// transcriptions answers POST /v1/audio/transcriptions.
func (s *Server) transcriptions(w http.ResponseWriter, q *http.Request) error {
	q.Body = http.MaxBytesReader(w, q.Body, maxUpload)
	read, err := room(q.Context(), s.forms)
	if err != nil {
		return err
	}
	read = sync.OnceFunc(read)
	defer read()
	f, err := readForm(q)
	if err != nil {
		_, _ = io.Copy(io.Discard, q.Body) // who still sends the sound reads no answer, but that the connection was reset
		return err
	}
	how := f.fields["response_format"]
	switch how {
	case "":
		how = openai.FormatJSON
	case openai.FormatJSON, openai.FormatText, openai.FormatVerboseJSON:
	default:
		return refuse(http.StatusBadRequest, badRequest, "unsupported_value", "response_format", "response_format %q is not made here; there are json, text and verbose_json", how)
	}
	if l := strings.ToLower(f.fields["language"]); l != "" && l != "fr" && l != "french" && l != "fr-fr" {
		return refuse(http.StatusBadRequest, badRequest, "unsupported_value", "language", "language %q is not heard here, French alone is", l)
	}
	if f.fields["stream"] == "true" {
		return refuse(http.StatusBadRequest, badRequest, "unsupported_value", "stream", "stream is not served here; the Wyoming server gives words as they come")
	}
	if err := checkModel(f.fields["model"], s.cfg.Recognizer.Name(), hearNames); err != nil {
		return err
	}
	h, err := hintsOf(q, f)
	if err != nil {
		return refuse(http.StatusBadRequest, badRequest, "invalid_value", "", "%s: %v", remote.HintsHeader, err)
	}
	release, err := s.slot(q.Context()) // also for reading the file, which may be many times as long as its bytes
	if err != nil {
		return err
	}
	defer release()
	read() // from here on the slots bound what is in memory
	pcm, rate, err := media.ReadWAV(bytes.NewReader(f.file))
	if errors.Is(err, media.ErrNotWAV) {
		return refuse(http.StatusBadRequest, badRequest, "invalid_value", "file", "the file is not heard here: %v", err)
	}
	if err != nil {
		return err
	}
	if len(pcm) > maxSound*rate {
		return refuse(http.StatusBadRequest, badRequest, "invalid_value", "file", "the file is longer than %d s", maxSound)
	}
	r, err := s.hear(q.Context(), pcm, rate, h)
	if err != nil {
		return err
	}
	return sendTranscription(w, how, r, float64(len(pcm))/float64(rate))
}

// readForm reads the multipart body.
func readForm(q *http.Request) (form, error) {
	f := form{fields: map[string]string{}}
	parts, err := q.MultipartReader()
	if err != nil {
		return f, refuse(http.StatusBadRequest, badRequest, "", "", "the body is no form: give multipart/form-data")
	}
	for {
		p, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return f, formError(err)
		}
		if err := f.add(p); err != nil {
			return f, err
		}
	}
	if f.file == nil {
		return f, refuse(http.StatusBadRequest, badRequest, "missing_required_parameter", "file", "the form has no file")
	}
	return f, nil
}

// formError is a form that breaks off, or one that is too big.
func formError(err error) error {
	var big *http.MaxBytesError
	if errors.As(err, &big) || errors.Is(err, os.ErrDeadlineExceeded) {
		return err
	}
	return refuse(http.StatusBadRequest, badRequest, "", "", "the form breaks off: %v", err)
}

func (f *form) add(p *multipart.Part) error {
	name := p.FormName()
	if name == "file" {
		data, err := io.ReadAll(p)
		if err != nil {
			return formError(err)
		}
		f.file = data
		return nil
	}
	data, err := io.ReadAll(io.LimitReader(p, maxField+1))
	if err != nil {
		return formError(err)
	}
	if len(data) > maxField || len(f.fields) > 50 {
		return refuse(http.StatusBadRequest, badRequest, "", name, "the field %q, or the form, is too long", name)
	}
	f.fields[name] = string(data)
	return nil
}

// hintsOf reads what the client expects: all of it from a node of ours, or the
// phrases of a prompt.
func hintsOf(q *http.Request, f form) (asr.Hints, error) {
	if text := q.Header.Get(remote.HintsHeader); text != "" {
		return remote.DecodeHints([]byte(text))
	}
	var h asr.Hints
	for p := range strings.SplitSeq(f.fields["prompt"], ",") {
		if p = strings.Trim(p, " .\n"); p != "" && len(p) <= maxPhrase && len(h.Phrases) < 100 {
			h.Phrases = append(h.Phrases, p)
		}
	}
	return h, nil
}

// hear gives the sound to the recogniser: what a caller of another node said as one turn, other sound that is longer than a turn in
// pieces, each of which the recogniser has time for.
func (s *Server) hear(ctx context.Context, pcm []int16, rate int, h asr.Hints) (asr.Result, error) {
	if h.State != "" || len(h.Kinds) > 0 || len(pcm) <= longestTurn*rate {
		return s.turn(ctx, pcm, rate, h)
	}
	var parts []string
	least := 1.0
	for _, piece := range pieces.CutAtSilences(pcm, rate, longestTurn*rate) {
		r, err := s.turn(ctx, piece, rate, h)
		if err != nil {
			return asr.Result{}, err
		}
		if r.Text() != "" {
			parts, least = append(parts, r.Text()), min(least, r.Alternatives[0].Confidence)
		}
	}
	length := time.Duration(len(pcm)) * time.Second / time.Duration(rate)
	if len(parts) == 0 {
		return asr.Result{Start: length, End: length}, nil
	}
	return asr.Result{End: length, Alternatives: []asr.Alternative{{Text: strings.Join(parts, " "), Confidence: least}}}, nil
}

// turn gives one turn to the recogniser.
func (s *Server) turn(ctx context.Context, pcm []int16, rate int, h asr.Hints) (asr.Result, error) {
	if rate < 8000 || rate > 48000 {
		c, err := media.NewResampler(rate, workRate)
		if err != nil {
			return asr.Result{}, refuse(http.StatusBadRequest, badRequest, "invalid_value", "file", "%v", err)
		}
		pcm, rate = c.Flush(c.Process(nil, pcm)), workRate
	}
	st, err := s.cfg.Recognizer.Open(ctx, asr.Format{SampleRate: rate})
	if err != nil {
		return asr.Result{}, err
	}
	defer st.Close()
	st.Expect(h)
	if err := st.Write(pcm); err != nil {
		return asr.Result{}, err
	}
	if err := st.EndTurn(); err != nil {
		return asr.Result{}, err
	}
	r, err := final(ctx, st, nil)
	if err == nil && r.Err != nil && r.Text() == "" {
		err = r.Err
	}
	return r, err
}

// sendTranscription writes the answer.
func sendTranscription(w http.ResponseWriter, how string, r asr.Result, seconds float64) error {
	switch how {
	case openai.FormatText:
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, r.Text()+"\n") // a client that is gone does not read it
		return nil
	case openai.FormatJSON:
		return sendJSON(w, openai.Transcription{Text: r.Text()})
	}
	heard, err := json.Marshal(remote.ToWire(r.Alternatives))
	if err != nil {
		return err
	}
	t := openai.Transcription{Text: r.Text(), Task: "transcribe", Language: "french", Duration: seconds, Segments: []openai.Segment{}, Alternatives: heard}
	if len(r.Alternatives) > 0 {
		t.Segments = append(t.Segments, openai.Segment{Start: r.Start.Seconds(), End: r.End.Seconds(), Text: r.Text(),
			AvgLogProb: math.Log(max(r.Alternatives[0].Confidence, 1e-6))})
	}
	return sendJSON(w, t)
}
