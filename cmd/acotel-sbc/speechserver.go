package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/acotel/acotel-sbc/asr"
	"github.com/acotel/acotel-sbc/speech"
)

// speechRate is what the served voice is made at, Hz: what clients of OpenAI's interface take raw sound for.
const speechRate = 24000

func (a *app) speechCommand() *cobra.Command {
	var listen, wyoming string
	cmd := &cobra.Command{
		Use:   "speech --listen ADDR --wyoming ADDR",
		Short: "Serves the recogniser and the voice to other machines (OpenAI's interface, Wyoming)",
		Long: "Serves the recogniser of asr.backends and the voice of tts.backends to other machines, until SIGTERM: OpenAI's HTTP interface\n" +
			"(/v1/audio/transcriptions, /v1/audio/speech, /v1/models) on --listen, the Wyoming protocol on --wyoming.",
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			var extra []string
			if listen != "" {
				extra = append(extra, "speech.listen="+listen)
			}
			if wyoming != "" {
				extra = append(extra, "speech.wyoming="+wyoming)
			}
			return a.speech(cmd.Context(), extra)
		},
	}
	cmd.Flags().StringVar(&listen, "listen", "", "HTTP address, overrides speech.listen")
	cmd.Flags().StringVar(&wyoming, "wyoming", "", "Wyoming address, overrides speech.wyoming")
	return cmd
}

func (a *app) speech(ctx context.Context, extra []string) error {
	c, err := a.load(os.Environ(), extra...)
	if err != nil {
		return err
	}
	if c.Speech.Listen == "" && c.Speech.Wyoming == "" {
		return usage("speech: nothing to serve: give --listen ADDR, --wyoming ADDR or both")
	}
	if i := slices.Index(c.ASR.Backends, "none"); i >= 0 {
		if c.ASR.Backends = slices.Delete(slices.Clone(c.ASR.Backends), i, i+1); len(c.ASR.Backends) == 0 {
			return usage("speech: asr.backends: none hears nothing; name the recogniser to serve")
		}
	}
	key, err := c.Speech.Key.Reveal()
	if err != nil {
		return usage("speech.key: %w", err)
	}
	log, err := newLog(a.err, c.Log)
	if err != nil {
		return err
	}
	own := func() (asr.Recognizer, error) {
		g, err := a.places(c)
		if err != nil {
			return nil, err
		}
		r, _, err := newWhisper(ctx, c, a.soundsDir(c), g, log, nil)
		return r, err
	}
	hears, err := newRecognizer(c, own, log, nil)
	if err != nil {
		return err
	}
	defer hears.Close()
	speaker, closeVoice, err := newSpeaker(ctx, c, speakerOptions{rate: speechRate}, log)
	if err != nil {
		return err
	}
	defer closeVoice()
	s := speech.New(speech.Config{Recognizer: hears, Voice: speaker, VoiceName: "acotel-" + c.TTS.Backends[0], VoiceRate: speechRate, Key: key, Slots: c.Speech.Slots, Log: log})
	return serveSpeech(ctx, s, c.Speech.Listen, c.Speech.Wyoming, key != "", log, hears.Name(), ms(1000*c.Calls.DrainSeconds))
}

// serveSpeech opens the addresses, says so, and serves until ctx ends and the work in progress with it.
func serveSpeech(ctx context.Context, s *speech.Server, listen, wyoming string, guarded bool, log *slog.Logger, name string, drain time.Duration) error {
	var serving sync.WaitGroup
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	broken := make(chan error, 2) // of both
	at := map[string]string{"http": "", "wyoming": ""}
	var open []net.Listener
	for _, p := range []struct {
		name, key, address string
		serve              func(net.Listener) error
	}{{"http", "speech.listen", listen, s.ServeHTTP}, {"wyoming", "speech.wyoming", wyoming, s.ServeWyoming}} {
		if p.address == "" {
			continue
		}
		ln, err := net.Listen("tcp", p.address)
		if err != nil {
			for _, o := range open {
				_ = o.Close()
			}
			serving.Wait()
			return fmt.Errorf("speech: %s: %w; choose another address with %s", p.address, err, p.key)
		}
		open = append(open, ln)
		at[p.name] = ln.Addr().String()
		if p.name == "wyoming" || !guarded {
			warnOpen(log, ln.Addr(), p.key)
		}
		serving.Go(func() {
			if err := p.serve(ln); err != nil {
				broken <- err
				stop()
			}
		})
	}
	log.Info("listening", "http", at["http"], "wyoming", at["wyoming"], "recogniser", name)
	<-ctx.Done()
	log.Info("stopping: no new work, what is in progress may end", "seconds", drain.Seconds())
	limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer cancel()
	if err := s.Shutdown(limit); err != nil {
		log.Warn("work was still in progress and is ended", "error", err)
	}
	serving.Wait()
	select {
	case err := <-broken:
		return fmt.Errorf("speech: %w", err)
	default:
		return nil
	}
}

// warnOpen says when anybody who reaches an address may use it.
func warnOpen(log *slog.Logger, a net.Addr, key string) {
	if at, err := netip.ParseAddrPort(a.String()); err == nil && !at.Addr().IsLoopback() {
		log.Warn("this address asks for no key: whoever reaches it may use it", "key", key, "address", a.String())
	}
}
