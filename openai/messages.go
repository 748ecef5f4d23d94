package openai

import (
	"encoding/json"
	"fmt"
)

// Formats of transcriptions that are spoken of here.
const (
	FormatJSON        = "json"
	FormatText        = "text"
	FormatVerboseJSON = "verbose_json"
)

// Transcription is the answer in json and verbose_json.
type Transcription struct {
	Text string `json:"text"`
	// Of verbose_json.
	Task     string    `json:"task,omitempty"`
	Language string    `json:"language,omitempty"`
	Duration float64   `json:"duration,omitempty"` // s
	Segments []Segment `json:"segments,omitempty"`
	// Alternatives is what acotel-sbc speech adds to verbose_json for another node of its own: all it heard, best
	// first, each with its confidence. Absent from other servers, empty when nothing was heard.
	Alternatives json.RawMessage `json:"acotel_alternatives,omitempty"`
}

// Segment is a stretch of a transcription, as Whisper cuts it.
type Segment struct {
	ID           int     `json:"id"`
	Start        float64 `json:"start"` // s
	End          float64 `json:"end"`   // s
	Text         string  `json:"text"`
	AvgLogProb   float64 `json:"avg_logprob"`
	NoSpeechProb float64 `json:"no_speech_prob"`
}

// Speech asks for speech.
type Speech struct {
	Model          string  `json:"model"`
	Input          string  `json:"input"`
	Voice          string  `json:"voice"`
	ResponseFormat string  `json:"response_format,omitempty"` // pcm: 16 bits, little-endian, mono, 24 kHz at OpenAI's
	Speed          float64 `json:"speed,omitempty"`           // 0.25 to 4; 0 is left out
}

// Models is the answer of /v1/models.
type Models struct {
	Object string  `json:"object"` // "list"
	Data   []Model `json:"data"`
}

// Model is one model that a server offers.
type Model struct {
	ID      string `json:"id"`
	Object  string `json:"object"` // "model"
	Created int64  `json:"created"`
	OwnedBy string `json:"owned_by"`
}

// Error is a refusal, in OpenAI's shape.
type Error struct {
	Status  int     `json:"-"` // of HTTP
	Message string  `json:"message"`
	Type    string  `json:"type"`
	Param   *string `json:"param"`
	Code    *string `json:"code"`
}

// Envelope is how an Error is written.
type Envelope struct {
	Error *Error `json:"error"`
}

func (e *Error) Error() string {
	if e.Message == "" {
		return fmt.Sprintf("openai: the server answers %d", e.Status)
	}
	return fmt.Sprintf("openai: the server answers %d: %s", e.Status, e.Message)
}

// Temporary tells whether the same request may succeed a little later.
func (e *Error) Temporary() bool { return e.Status == 429 || e.Status >= 500 }
