package wyoming

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/acotel/acotel-sbc/tts"
	"github.com/acotel/acotel-sbc/tts/remote"
	proto "github.com/acotel/acotel-sbc/wyoming"
)

// Config is one server.
type Config struct {
	Address    string        // host:port
	Voice      string        // "": the server's choice for Language
	Speaker    string        // of a voice with several
	Language   string        // "": fr
	SampleRate int           // Hz of what Synthesize emits; 0: 22050, Piper's usual one
	Stall      time.Duration // longest silence of the server within a sentence; 0: 3 s
}

// Voice is a server as tts.Synthesizer.
type Voice struct{ cfg Config }

var (
	_ tts.Synthesizer   = (*Voice)(nil)
	_ tts.Fingerprinter = (*Voice)(nil)
)

// New makes the voice; nothing is asked of the server yet.
func New(c Config) *Voice {
	if c.Language == "" {
		c.Language = "fr"
	}
	if c.SampleRate == 0 {
		c.SampleRate = 22050
	}
	if c.Stall == 0 {
		c.Stall = 3 * time.Second
	}
	return &Voice{c}
}

// Name is the protocol, and the voice or the server.
func (v *Voice) Name() string {
	if v.cfg.Voice != "" {
		return "wyoming " + v.cfg.Voice
	}
	return "wyoming " + v.cfg.Address
}

// Fingerprint names all that changes the sound, as far as it is known here.
func (v *Voice) Fingerprint() string {
	c := v.cfg
	return fmt.Sprintf("wyoming %s voice=%s speaker=%s language=%s rate=%d", c.Address, c.Voice, c.Speaker, c.Language, c.SampleRate)
}

// SampleRate is Config.SampleRate; what the server makes is converted to it.
func (v *Voice) SampleRate() int { return v.cfg.SampleRate }

// Close does nothing: no connection outlives its sentence.
func (v *Voice) Close() error { return nil }

// Synthesize says one sentence (tts.Synthesizer).
func (v *Voice) Synthesize(ctx context.Context, u tts.Utterance, emit func(pcm []int16) error) error {
	err := remote.Say(ctx, v.cfg.Stall, v.cfg.SampleRate, u.Volume, emit, func(ctx context.Context, s *remote.Sentence) error {
		conn, err := proto.Dial(ctx, v.cfg.Address, proto.Limits{})
		if err != nil {
			return err
		}
		defer conn.Close()
		ask := proto.Synthesize{Text: u.Text, Voice: &proto.Voice{Name: v.cfg.Voice, Speaker: v.cfg.Speaker}}
		if v.cfg.Voice == "" {
			ask.Voice = &proto.Voice{Language: v.cfg.Language}
		}
		if u.Rate != 0 && u.Rate != 1 {
			how, err := json.Marshal(map[string]float64{"rate": u.Rate})
			if err != nil {
				return err
			}
			ask.Context = &proto.Context{Acotel: how}
		}
		if err := conn.Send(proto.TypeSynthesize, ask, nil); err != nil {
			return err
		}
		for {
			e, err := conn.Receive()
			if err != nil {
				return err
			}
			s.Heard()
			switch e.Type {
			case proto.TypeAudioStart:
				var how proto.Start
				if err := e.Decode(&how); err != nil {
					return err
				}
				if how.Context == nil || len(how.Context.Acotel) == 0 {
					if err := s.Speed(u.Rate); err != nil {
						return err
					}
				}
			case proto.TypeAudioChunk:
				var f proto.Format
				if err := e.Decode(&f); err != nil {
					return err
				}
				pcm, err := f.Samples(e.Payload)
				if err != nil {
					return err
				}
				if err := s.Write(f.Rate, pcm); err != nil {
					return err
				}
			case proto.TypeAudioStop:
				return nil
			}
		}
	})
	var told proto.Failure
	if errors.As(err, &told) && told.Code == proto.CodeBusy {
		return fmt.Errorf("%w: %w", tts.ErrBusy, err)
	}
	return err
}
