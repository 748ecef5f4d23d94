package openai

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	proto "github.com/acotel/acotel-sbc/openai"
	"github.com/acotel/acotel-sbc/tts"
	"github.com/acotel/acotel-sbc/tts/remote"
	"github.com/acotel/acotel-sbc/wyoming"
)

// Errors of the voice, for errors.Is.
var (
	// ErrFormat is sound in another format than was asked for.
	ErrFormat = errors.New("openai: the server's sound is in no format that was asked for")
)

// The formats that are asked for.
const (
	PCM = "pcm"
	WAV = "wav"
)

const (
	readBytes = 4096
	maxChunk  = 1 << 16 // bytes of a chunk before the sound of a WAV file
	streamed  = 1 << 30 // bytes of sound that nobody says: who can't know the length yet writes nearly 2 or 4 GB
)

// Config is one server.
type Config struct {
	URL        string        // before /audio/speech
	Key        string        // "": none
	Model      string        // "": tts-1
	Voice      string        // "": alloy
	Format     string        // "": pcm
	SampleRate int           // Hz of pcm, and of what Synthesize emits; 0: 24000
	Stall      time.Duration // longest silence of the server within a sentence; 0: 3 s
	Stretch    bool          // the server's model heeds no speed: slower speech is made of its sound here
	Retries    int           // after 429, 5xx and connections that can't be made
}

// Voice is a server as tts.Synthesizer.
type Voice struct {
	cfg    Config
	client *proto.Client
}

var (
	_ tts.Synthesizer   = (*Voice)(nil)
	_ tts.Fingerprinter = (*Voice)(nil)
)

// New makes the voice; nothing is asked of the server yet.
func New(c Config) (*Voice, error) {
	if c.Model == "" {
		c.Model = "tts-1"
	}
	if c.Voice == "" {
		c.Voice = "alloy"
	}
	if c.Format == "" {
		c.Format = PCM
	}
	if c.SampleRate == 0 {
		c.SampleRate = 24000
	}
	if c.Stall == 0 {
		c.Stall = 3 * time.Second
	}
	if c.Format != PCM && c.Format != WAV {
		return nil, fmt.Errorf("tts/openai: format %q is unknown, use pcm or wav", c.Format)
	}
	return &Voice{c, proto.NewClient(c.URL, c.Key, c.Retries)}, nil
}

// Name is the protocol, the model and the voice.
func (v *Voice) Name() string { return "openai " + v.cfg.Model + " " + v.cfg.Voice }

// Fingerprint names all that changes the sound, as far as it is known here.
func (v *Voice) Fingerprint() string {
	return fmt.Sprintf("%s url=%s format=%s rate=%d stretch=%v", v.Name(), v.cfg.URL, v.cfg.Format, v.cfg.SampleRate, v.cfg.Stretch)
}

// SampleRate is Config.SampleRate; a WAV file of another rate is converted.
func (v *Voice) SampleRate() int { return v.cfg.SampleRate }

// Close closes the connections that are kept.
func (v *Voice) Close() error {
	v.client.Close()
	return nil
}

// Synthesize says one sentence (tts.Synthesizer).
func (v *Voice) Synthesize(ctx context.Context, u tts.Utterance, emit func(pcm []int16) error) error {
	ask := proto.Speech{Model: v.cfg.Model, Input: u.Text, Voice: v.cfg.Voice, ResponseFormat: v.cfg.Format}
	if u.Rate != 0 && u.Rate != 1 && !v.cfg.Stretch {
		ask.Speed = min(max(u.Rate, 0.25), 4)
	}
	body, err := json.Marshal(ask)
	if err != nil {
		return fmt.Errorf("openai: %w", err)
	}
	err = remote.Say(ctx, v.cfg.Stall, v.cfg.SampleRate, u.Volume, emit, func(ctx context.Context, s *remote.Sentence) error {
		answer, err := v.client.Do(ctx, proto.Request{Method: http.MethodPost, Path: "/audio/speech", ContentType: "application/json", Body: body})
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		s.Heard()
		if v.cfg.Stretch {
			if err := s.Speed(u.Rate); err != nil {
				return err
			}
		}
		kind, _, _ := mime.ParseMediaType(answer.Header.Get("Content-Type"))
		if kind != "" && !strings.HasPrefix(kind, "audio/") && kind != "application/octet-stream" {
			return fmt.Errorf("%w: it is %s", ErrFormat, kind)
		}
		format, body := wyoming.PCM16(v.cfg.SampleRate), io.Reader(answer.Body)
		if v.cfg.Format == WAV {
			var length int64
			if format, length, err = readWAVHeader(answer.Body); err != nil {
				return err
			}
			if length > 0 {
				body = &io.LimitedReader{R: body, N: length} // what follows is no sound
			}
		}
		err = pump(body, format, s)
		if l, ok := body.(*io.LimitedReader); ok && err == nil && l.N > 0 {
			err = fmt.Errorf("openai: the sound broke off: %w", io.ErrUnexpectedEOF)
		}
		return err
	})
	var told *proto.Error
	if errors.As(err, &told) && told.Status == http.StatusTooManyRequests {
		return fmt.Errorf("%w: %w", tts.ErrBusy, err)
	}
	return err
}

// pump gives sound on as it comes, in whole samples.
func pump(r io.Reader, f wyoming.Format, s *remote.Sentence) error {
	frame := 2 * f.Channels
	buf, have := make([]byte, readBytes*frame), 0
	for {
		n, err := r.Read(buf[have:])
		have += n
		s.Heard()
		if whole := have - have%frame; whole > 0 {
			pcm, err := f.Samples(buf[:whole])
			if err != nil {
				return err
			}
			if err := s.Write(f.Rate, pcm); err != nil {
				return err
			}
			have = copy(buf, buf[whole:have])
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("openai: the sound broke off: %w", err)
		}
	}
}

// readWAVHeader reads up to the sound, and gives its length in bytes: 0 for a file that is still being made, whose lengths mean nothing.
func readWAVHeader(r io.Reader) (wyoming.Format, int64, error) {
	var f wyoming.Format
	head := make([]byte, 12)
	if _, err := io.ReadFull(r, head); err != nil || string(head[:4]) != "RIFF" || string(head[8:]) != "WAVE" {
		return f, 0, fmt.Errorf("%w: it is no WAV file", ErrFormat)
	}
	for {
		if _, err := io.ReadFull(r, head[:8]); err != nil {
			return f, 0, fmt.Errorf("%w: the WAV file has no sound", ErrFormat)
		}
		length := binary.LittleEndian.Uint32(head[4:])
		if string(head[:4]) == "data" {
			if _, err := f.Samples(nil); err != nil {
				return f, 0, fmt.Errorf("%w: %w", ErrFormat, err)
			}
			if length >= streamed {
				length = 0
			}
			return f, int64(length), nil
		}
		if length > maxChunk {
			return f, 0, fmt.Errorf("%w: the WAV file has a chunk of %d bytes before its sound", ErrFormat, length)
		}
		chunk := make([]byte, (length+1)&^1)
		if _, err := io.ReadFull(r, chunk); err != nil {
			return f, 0, fmt.Errorf("%w: the WAV file ends before its sound", ErrFormat)
		}
		if string(head[:4]) == "fmt " && length >= 16 && binary.LittleEndian.Uint16(chunk) == 1 {
			f = wyoming.Format{Channels: int(binary.LittleEndian.Uint16(chunk[2:])), Rate: int(binary.LittleEndian.Uint32(chunk[4:])), Width: int(binary.LittleEndian.Uint16(chunk[14:])) / 8}
		}
	}
}
