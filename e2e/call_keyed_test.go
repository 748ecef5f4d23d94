package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/acotel/acotel-sbc/media"
)

// checkCompleteTrace is what every complete call from a mobile must leave behind
// (K1, C9).
func checkCompleteTrace(t *testing.T, data string, n int) {
	t.Helper()
	eventually(t, 20*time.Second, func() string {
		list := traces(t, data)
		if len(list) != n {
			return "traces: calls are missing"
		}
		for _, tr := range list {
			for _, want := range []string{"requete", "efficace", "traite", "abouti", "evalue"} {
				if !tr.has(want) {
					return "call " + tr.ID + " is " + strings.Join(tr.Statuses, ", ") + ", not " + want
				}
			}
			if tr.SMSSent != 1 {
				return "call " + tr.ID + " has not sent its SMS"
			}
		}
		return ""
	})
	for _, tr := range traces(t, data) {
		if tr.PostalCode == nil || *tr.PostalCode != "84000" || tr.Region == nil || *tr.Region != "sud-est" {
			t.Errorf("place in the trace: %v %v", tr.PostalCode, tr.Region)
		}
		if tr.Caller != "063998••••" || tr.Origin == nil || *tr.Origin != "mobile" {
			t.Errorf("caller %q, origin %v", tr.Caller, tr.Origin)
		}
		if tr.Line != "production" || tr.has("interrompu") || tr.has("non_efficace") || tr.has("non_traite") {
			t.Errorf("trace %+v", tr)
		}
	}
}

// completeCall are the keys of a whole call: place, theme, results, SMS, rating.
func completeCall() []string {
	return []string{"--from", "0639980001", "--dtmf", "84000#", "--dtmf", "1", "--dtmf", "1", "--dtmf", "3", "--dtmf", "1", "--dtmf", "2", "--dtmf", "4"}
}

func TestCallByKeysFindsAWorkshop(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir())
	wav := filepath.Join(t.TempDir(), "heard.wav")
	r := s.call(append(completeCall(), "--record", wav)...)
	t.Logf("timeline %+v", r.Timeline)
	t.Logf("conversation\n%s", s.outText())
	if r.Status != 200 || r.EndedBy != "remote" || r.Heard.Lost != 0 {
		t.Errorf("report %+v", r)
	}
	if r.Heard.SpeechSeconds < 30 {
		t.Errorf("only %.1f s of speech heard", r.Heard.SpeechSeconds)
	}
	checkCompleteTrace(t, s.data, 1)
	checkSpeech(t, wav)
	if !strings.Contains(s.outText(), "SMS") {
		t.Error("the demonstration's terminal shows no SMS")
	}
}

// checkSpeech tells speech from silence, noise and tones: it has loud and silent
// parts, a level near −20 dBov and no clipping.
func checkSpeech(t *testing.T, wav string) {
	t.Helper()
	f, err := os.Open(wav)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	pcm, rate, err := media.ReadWAV(f)
	if err != nil || rate != media.LineRate {
		t.Fatalf("recording: %d Hz, %v", rate, err)
	}
	loud, silent, clipped := 0, 0, 0
	frames := len(pcm) / media.FrameSamples
	for i := range frames {
		frame := pcm[i*media.FrameSamples:][:media.FrameSamples]
		switch level := media.LevelDBov(frame); {
		case level > -30:
			loud++
		case level < -60:
			silent++
		}
		for _, v := range frame {
			if v > 32000 || v < -32000 {
				clipped++
			}
		}
	}
	t.Logf("recording: %d frames, %d loud, %d silent, %d samples clipped", frames, loud, silent, clipped)
	if loud < frames/5 || silent < frames/10 || clipped > len(pcm)/1000 {
		t.Errorf("this is no speech: %d frames, %d loud, %d silent, %d samples clipped", frames, loud, silent, clipped)
	}
}

func TestLandlineGetsNoSMS(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir())
	r := s.call("--from", "0490990001", "--dtmf", "84000#", "--dtmf", "1", "--max", "60s", "--linger", "2s")
	if r.Status != 200 {
		t.Fatalf("report %+v", r)
	}
	list := ended(t, s.data, 1)
	if list[0].SMSSent != 0 || *list[0].Origin != "fixe" || !list[0].has("efficace") {
		t.Errorf("traces %+v", list)
	}
}

func TestTestLineIsKeptApart(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir())
	if _, err := s.tryCallTo("0199000099", "--max", "3s"); err != nil {
		t.Fatal(err)
	}
	list := ended(t, s.data, 1)
	if list[0].Line != "test" {
		t.Errorf("traces %+v", list)
	}
}

func TestMuLawAndTCP(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir())
	r := s.call("--codec", "PCMU", "--max", "4s")
	if r.Codec != "PCMU" || r.Heard.SpeechSeconds < 1 {
		t.Errorf("PCMU: %+v", r)
	}
	out, errOut, code := program(t, "", "call", "sip:0970000000@"+s.sip+";transport=tcp", "--json", "--max", "4s")
	if code != 0 || !strings.Contains(out, `"event":"first_audio"`) {
		t.Errorf("TCP: status %d\n%s\n%s", code, out, errOut)
	}
}
