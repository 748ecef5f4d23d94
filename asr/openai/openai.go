package openai

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"
	"time"

	"github.com/acotel/acotel-sbc/asr"
	"github.com/acotel/acotel-sbc/asr/remote"
	proto "github.com/acotel/acotel-sbc/openai"
)

const (
	rate      = 16000   // Hz, what Whisper works at
	maxAnswer = 1 << 20 // bytes
	maxPrompt = 600     // bytes; Whisper reads 224 tokens and keeps the last ones
	wavHeader = 44

	defaultTimeout = 5 * time.Second

	// Whisper's own rule (its paper, section 4.5): silence that it talks over.
	noSpeech    = 0.6
	lowLogProb  = -1.0
	minShortest = 100 * rate / 1000 // samples; OpenAI refuses files below 0.1 s
)

// What the server is told of the question that is open.
const (
	HintsNone   = "none"
	HintsPrompt = "prompt" // expected words, as a prompt
	HintsFull   = "full"   // everything, to acotel-sbc speech
)

// Config is one server.
type Config struct {
	URL        string        // before /audio/transcriptions
	Key        string        // "": none
	Model      string        // "": whisper-1
	Language   string        // "": fr
	Hints      string        // "": HintsPrompt
	Timeout    time.Duration // from the end of a turn to its words, retries included; 0: 5 s
	Retries    int           // after 429, 5xx and connections that can't be made
	Confidence float64       // of words that come without one; 0: 0.7
	Late       bool          // the server is asked at the end of a turn, not at the first silence
}

// New makes the recogniser; nothing is asked of the server yet.
func New(c Config) (asr.Recognizer, error) {
	c.Model, c.Language = cmp.Or(c.Model, "whisper-1"), cmp.Or(c.Language, "fr")
	c.Timeout = cmp.Or(c.Timeout, defaultTimeout)
	c.Hints, c.Confidence = cmp.Or(c.Hints, HintsPrompt), cmp.Or(c.Confidence, 0.7)
	if c.Hints != HintsNone && c.Hints != HintsPrompt && c.Hints != HintsFull {
		return nil, fmt.Errorf("asr/openai: hints %q are unknown, use none, prompt or full", c.Hints)
	}
	client := proto.NewClient(c.URL, c.Key, c.Retries)
	return remote.New(remote.Config{Name: "openai " + c.URL + " " + c.Model, Rate: rate, Timeout: c.Timeout, Early: !c.Late, Close: client.Close,
		Open: func(ctx context.Context, _ int, _ asr.Hints, _ func(string, float64)) (remote.Session, error) {
			return &session{cfg: c, client: client, ctx: ctx}, nil
		}}), nil
}

// session collects one turn.
type session struct {
	cfg    Config
	client *proto.Client
	ctx    context.Context
	pcm    []int16
}

func (s *session) Write(pcm []int16) error {
	s.pcm = append(s.pcm, pcm...)
	return nil
}

func (s *session) Close() {}

func (s *session) Finish(h asr.Hints) ([]asr.Alternative, error) {
	if short := minShortest - len(s.pcm); short > 0 {
		s.pcm = append(s.pcm, make([]int16, short)...)
	}
	r, err := s.request(h)
	if err != nil {
		return nil, err
	}
	answer, err := s.client.Do(s.ctx, r)
	if err != nil {
		var e *proto.Error
		switch {
		case !errors.As(err, &e):
		case !e.Temporary():
			err = fmt.Errorf("%w: %w", remote.ErrPermanent, err)
		case busy(e):
			err = fmt.Errorf("%w: %w", asr.ErrBusy, err)
		}
		return nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
	if err != nil {
		return nil, fmt.Errorf("openai: the answer broke off: %w", err)
	}
	if len(text) > maxAnswer {
		return nil, fmt.Errorf("openai: the answer has more than %d bytes", maxAnswer)
	}
	return s.read(answer.Header.Get("Content-Type"), text)
}

// busy tells a server that has too much to do from one that is broken, or that wants to be paid.
func busy(e *proto.Error) bool {
	code := ""
	if e.Code != nil {
		code = *e.Code
	}
	return code == "busy" || e.Status == http.StatusTooManyRequests && code != "insufficient_quota"
}

// request writes the form.
func (s *session) request(h asr.Hints) (proto.Request, error) {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	fields := [][2]string{{"model", s.cfg.Model}, {"language", s.cfg.Language}, {"response_format", proto.FormatVerboseJSON}, {"temperature", "0"}}
	if p := prompt(h); p != "" && s.cfg.Hints != HintsNone {
		fields = append(fields, [2]string{"prompt", p})
	}
	for _, f := range fields {
		if err := form.WriteField(f[0], f[1]); err != nil {
			return proto.Request{}, err
		}
	}
	w, err := form.CreateFormFile("file", "turn.wav")
	if err != nil {
		return proto.Request{}, err
	}
	if _, err := w.Write(wav(s.pcm)); err != nil {
		return proto.Request{}, err
	}
	if err := form.Close(); err != nil {
		return proto.Request{}, err
	}
	r := proto.Request{Method: http.MethodPost, Path: "/audio/transcriptions", ContentType: form.FormDataContentType(), Body: body.Bytes(), Header: http.Header{}, MaxWait: s.cfg.Timeout}
	if s.cfg.Hints == HintsFull {
		if hints := remote.EncodeHints(h); hints != nil {
			r.Header.Set(remote.HintsHeader, string(hints))
		}
	}
	return r, nil
}

// prompt is a sentence of the expected words: Whisper spells and chooses as in
// what it believes came before.
func prompt(h asr.Hints) string {
	var b strings.Builder
	for _, p := range h.Phrases {
		if b.Len()+len(p)+2 > maxPrompt {
			break
		}
		if b.Len() > 0 {
			b.WriteString(", ")
		}
		b.WriteString(p)
	}
	if b.Len() > 0 {
		b.WriteByte('.')
	}
	return b.String()
}

// read takes the answer: verbose_json, or what servers give that do not know it.
func (s *session) read(contentType string, body []byte) ([]asr.Alternative, error) {
	if kind, _, _ := mime.ParseMediaType(contentType); kind == "text/plain" && !bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")) {
		return remote.Words(strings.TrimSpace(string(body)), s.cfg.Confidence), nil
	}
	var t struct {
		proto.Transcription
		Text *string `json:"text"`
	}
	if err := json.Unmarshal(body, &t); err != nil {
		return nil, fmt.Errorf("openai: the answer is no transcription: %w", err)
	}
	if t.Text == nil {
		return nil, errors.New("openai: the answer has no text")
	}
	if len(t.Alternatives) > 0 {
		var heard []remote.WireAlternative
		if err := json.Unmarshal(t.Alternatives, &heard); err != nil {
			return nil, fmt.Errorf("openai: the server's alternatives: %w", err)
		}
		return remote.FromWire(heard), nil
	}
	if len(t.Segments) == 0 {
		return remote.Words(strings.TrimSpace(*t.Text), s.cfg.Confidence), nil
	}
	text, confidence := weigh(t.Segments)
	return remote.Words(text, confidence), nil
}

// weigh joins the segments but those that are silence, and takes the mean
// probability of a token, over their lengths, for the confidence.
func weigh(segments []proto.Segment) (text string, confidence float64) {
	var parts []string
	sum, weight := 0.0, 0.0
	for _, g := range segments {
		if g.NoSpeechProb > noSpeech && g.AvgLogProb < lowLogProb {
			continue
		}
		if part := strings.TrimSpace(g.Text); part != "" {
			parts = append(parts, part)
			length := max(g.End-g.Start, 0.01)
			sum += length * math.Exp(min(g.AvgLogProb, 0))
			weight += length
		}
	}
	if weight == 0 {
		return "", 0
	}
	return strings.Join(parts, " "), sum / weight
}

// wav writes 16-bit mono of 16 kHz as a file.
func wav(pcm []int16) []byte {
	data := 2 * len(pcm)
	b := make([]byte, 0, wavHeader+data)
	b = append(b, "RIFF"...)
	b = binary.LittleEndian.AppendUint32(b, uint32(wavHeader-8+data))
	b = append(b, "WAVEfmt "...)
	b = binary.LittleEndian.AppendUint32(b, 16)
	b = binary.LittleEndian.AppendUint16(b, 1) // PCM
	b = binary.LittleEndian.AppendUint16(b, 1) // channel
	b = binary.LittleEndian.AppendUint32(b, rate)
	b = binary.LittleEndian.AppendUint32(b, 2*rate)
	b = binary.LittleEndian.AppendUint16(b, 2)
	b = binary.LittleEndian.AppendUint16(b, 16)
	b = append(b, "data"...)
	b = binary.LittleEndian.AppendUint32(b, uint32(data))
	for _, s := range pcm {
		b = binary.LittleEndian.AppendUint16(b, uint16(s))
	}
	return b
}
