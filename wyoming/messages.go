package wyoming

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
)

// Types of events.
const (
	TypeDescribe        = "describe"
	TypeInfo            = "info"
	TypePing            = "ping"
	TypePong            = "pong"
	TypeError           = "error"
	TypeTranscribe      = "transcribe"
	TypeTranscript      = "transcript"
	TypeTranscriptChunk = "transcript-chunk"
	TypeAudioStart      = "audio-start"
	TypeAudioChunk      = "audio-chunk"
	TypeAudioStop       = "audio-stop"
	TypeSynthesize      = "synthesize"
)

// Format is the data of audio-start and audio-chunk: how the sound is written.
type Format struct {
	Rate     int `json:"rate"`     // Hz
	Width    int `json:"width"`    // bytes of a sample; 2 is signed, little-endian
	Channels int `json:"channels"` // interleaved
}

// Start is the data of audio-start. Context is what a server of this program tells of how it speaks; others have none.
type Start struct {
	Format
	Context *Context `json:"context,omitempty"`
}

// PCM16 is the format of everything that we send.
func PCM16(rate int) Format { return Format{Rate: rate, Width: 2, Channels: 1} }

// Bounds of the sound that is taken.
const (
	minRate     = 1000
	maxRate     = 192000
	maxChannels = 8
)

// Samples reads a payload in format f as 16-bit mono; channels are mixed. A
// sample cut in the middle is left out. Error: ErrSyntax for a format that is
// not taken.
func (f Format) Samples(payload []byte) ([]int16, error) {
	if f.Width != 2 || f.Channels < 1 || f.Channels > maxChannels || f.Rate < minRate || f.Rate > maxRate {
		return nil, fmt.Errorf("%w: sound of %d Hz, %d bytes a sample, %d channels: give 16-bit PCM", ErrSyntax, f.Rate, f.Width, f.Channels)
	}
	frame := 2 * f.Channels
	pcm := make([]int16, len(payload)/frame)
	for i := range pcm {
		sum := 0
		for c := range f.Channels {
			sum += int(int16(binary.LittleEndian.Uint16(payload[i*frame+2*c:])))
		}
		pcm[i] = int16(sum / f.Channels)
	}
	return pcm, nil
}

// Bytes writes 16-bit mono as a payload.
func Bytes(pcm []int16) []byte {
	b := make([]byte, 2*len(pcm))
	for i, s := range pcm {
		binary.LittleEndian.PutUint16(b[2*i:], uint16(s))
	}
	return b
}

// Transcribe is the data of transcribe.
type Transcribe struct {
	Name     string   `json:"name,omitempty"` // of the model
	Language string   `json:"language,omitempty"`
	Context  *Context `json:"context,omitempty"`
	// Names and Terms are expected words, the likeliest first; servers before 1.9 do not know them.
	Names []string `json:"transcript_names,omitempty"`
	Terms []string `json:"transcript_terms,omitempty"`
}

// Transcript is the data of transcript.
type Transcript struct {
	Text     string   `json:"text"`
	Language string   `json:"language,omitempty"`
	Context  *Context `json:"context,omitempty"`
}

// Context is what the protocol leaves to peers that know each other. Acotel is
// what two nodes of this program tell each other: the hints of a question, the
// alternatives of an answer. Other peers ignore it.
type Context struct {
	Acotel json.RawMessage `json:"acotel,omitempty"`
}

// Chunk is the data of transcript-chunk: words as they come.
type Chunk struct {
	Text string `json:"text"`
}

// Synthesize is the data of synthesize.
type Synthesize struct {
	Text    string   `json:"text"`
	Voice   *Voice   `json:"voice,omitempty"`
	Context *Context `json:"context,omitempty"`
}

// Voice chooses a voice by its name, or by language.
type Voice struct {
	Name     string `json:"name,omitempty"`
	Language string `json:"language,omitempty"`
	Speaker  string `json:"speaker,omitempty"`
}

// CodeBusy is the code of a Failure for which there is too much to do; another moment, or another server, may be better.
const CodeBusy = "busy"

// Failure is the data of error.
type Failure struct {
	Text string `json:"text"`
	Code string `json:"code,omitempty"`
}

func (f Failure) Error() string {
	if f.Code != "" {
		return fmt.Sprintf("wyoming: the server reports %s: %s", f.Code, f.Text)
	}
	return "wyoming: the server reports: " + f.Text
}

// Info is the data of info: what a server offers.
type Info struct {
	ASR []Program `json:"asr"`
	TTS []Program `json:"tts"`
}

// Program is one service of a server, with the models of a recogniser or the
// voices of a synthesiser.
type Program struct {
	Artifact
	Models []Artifact `json:"models,omitempty"`
	Voices []Artifact `json:"voices,omitempty"`
}

// Artifact is a program, a model or a voice.
type Artifact struct {
	Name        string      `json:"name"`
	Attribution Attribution `json:"attribution"`
	Installed   bool        `json:"installed"`
	Description string      `json:"description"`
	Version     string      `json:"version"`
	Languages   []string    `json:"languages,omitempty"`
}

// Attribution is who made it.
type Attribution struct {
	Name string `json:"name"`
	URL  string `json:"url"`
}

// MarshalJSON leaves no list null: the protocol's own readers walk over them.
func (i Info) MarshalJSON() ([]byte, error) {
	empty := []Program{}
	whole := map[string][]Program{"asr": empty, "tts": empty, "handle": empty, "intent": empty, "wake": empty, "mic": empty, "snd": empty}
	if i.ASR != nil {
		whole["asr"] = i.ASR
	}
	if i.TTS != nil {
		whole["tts"] = i.TTS
	}
	return json.Marshal(whole)
}
