package config

import (
	"fmt"
	"slices"
)

// ASR chooses the recognisers: the first of Backends hears the callers, the next ones take over where it fails.
type ASR struct {
	Backends    []string   `yaml:"backends"`     // in their order; none (keys alone) comes last
	Script      []string   `yaml:"script"`       // of the scripted recogniser: one text a turn
	KeepSeconds int        `yaml:"keep_seconds"` // sound of a turn that is kept for the next backend
	Breaker     Breaker    `yaml:"breaker"`
	Whisper     ASRWhisper `yaml:"whisper"`
	Wyoming     ASRWyoming `yaml:"wyoming"`
	OpenAI      ASROpenAI  `yaml:"openai"`
	Vosk        ASRVosk    `yaml:"vosk"`
}

// Breaker leaves a backend alone that fails again and again.
type Breaker struct {
	Failures int `yaml:"failures"` // in a row, then it is left alone
	Seconds  int `yaml:"seconds"`  // before it is tried again
}

// ASRWhisper is the recogniser that comes with the program: Whisper's encoder, our phoneme reader, Whisper's decoder.
type ASRWhisper struct {
	Lanes      int `yaml:"lanes"`       // turns heard at once; 0: one a processor
	Queue      int `yaml:"queue"`       // turns that may wait
	DeadlineMS int `yaml:"deadline_ms"` // longest time from the end of a turn to its words
	PatienceMS int `yaml:"patience_ms"` // after the end of a turn, for the rest of the words of who gave a sure answer
	PartialMS  int `yaml:"partial_ms"`  // sound between two partial results; 0: none
}

// ASRWyoming is a recogniser behind the Wyoming protocol.
type ASRWyoming struct {
	Address    string  `yaml:"address"` // host:port
	Model      string  `yaml:"model"`   // "": the server's first
	Language   string  `yaml:"language"`
	TimeoutMS  int     `yaml:"timeout_ms"` // from the end of a turn to its words
	Confidence float64 `yaml:"confidence"` // of words that come without one
	Early      bool    `yaml:"early"`      // the words are asked for at the first silence
}

// ASROpenAI is a recogniser behind /v1/audio/transcriptions.
type ASROpenAI struct {
	URL        string  `yaml:"url"` // address before /audio/transcriptions
	Key        Secret  `yaml:"key"`
	Model      string  `yaml:"model"`
	Language   string  `yaml:"language"`
	TimeoutMS  int     `yaml:"timeout_ms"` // from the end of a turn to its words, retries included
	Retries    int     `yaml:"retries"`    // after 429, 5xx and refused connections
	Hints      string  `yaml:"hints"`      // prompt: expected words as a prompt; full: for acotel-sbc speech, all that is known; none
	Confidence float64 `yaml:"confidence"` // of words that come without one
	Early      bool    `yaml:"early"`      // the words are asked for at the first silence
}

// ASRVosk is a vosk-server.
type ASRVosk struct {
	URL        string  `yaml:"url"`        // ws:// or wss://
	Grammar    bool    `yaml:"grammar"`    // expected phrases as a grammar, where the model takes one
	TimeoutMS  int     `yaml:"timeout_ms"` // from the end of a turn to its words
	Confidence float64 `yaml:"confidence"` // of words that come without one
}

// TTS chooses and tunes the voice: the first of Backends speaks, the next ones take over where it fails.
type TTS struct {
	Backends      []string   `yaml:"backends"`
	Recordings    string     `yaml:"recordings"` // list of recorded sentences; "": none
	Breaker       Breaker    `yaml:"breaker"`
	Voice         string     `yaml:"voice"` // of espeak, as are the three below
	WordsPerMin   int        `yaml:"words_per_minute"`
	Pitch         int        `yaml:"pitch"`       // 1 to 99
	WordGapMS     int        `yaml:"word_gap_ms"` // silence between two words, in steps of 10
	SentenceGapMS int        `yaml:"pause_ms"`    // pause between two facts
	Processes     int        `yaml:"processes"`   // synthesiser processes at once
	CacheMB       int        `yaml:"cache_mb"`    // size of the cache on disk
	Rate          float64    `yaml:"rate"`        // 1 is the voice's own
	Wyoming       TTSWyoming `yaml:"wyoming"`
	OpenAI        TTSOpenAI  `yaml:"openai"`
}

// TTSWyoming is a voice behind the Wyoming protocol (Piper and others).
type TTSWyoming struct {
	Address    string `yaml:"address"` // host:port
	Voice      string `yaml:"voice"`   // "": the server's choice for Language
	Speaker    string `yaml:"speaker"`
	Language   string `yaml:"language"`
	SampleRate int    `yaml:"sample_rate"` // Hz of the voice; another is converted
	TimeoutMS  int    `yaml:"timeout_ms"`  // longest silence of the server within a sentence
}

// TTSOpenAI is a voice behind /v1/audio/speech.
type TTSOpenAI struct {
	URL        string `yaml:"url"` // address before /audio/speech
	Key        Secret `yaml:"key"`
	Model      string `yaml:"model"`
	Voice      string `yaml:"voice"`
	Format     string `yaml:"format"`      // pcm or wav
	SampleRate int    `yaml:"sample_rate"` // Hz of pcm
	Speed      string `yaml:"speed"`       // server: the server is asked to speak slower; ours: it is made slower here
	TimeoutMS  int    `yaml:"timeout_ms"`  // longest silence of the server within a sentence
}

// Speech is what acotel-sbc speech serves to others.
type Speech struct {
	Listen  string `yaml:"listen"`  // host:port of OpenAI's interface; "": not served
	Wyoming string `yaml:"wyoming"` // host:port of the Wyoming protocol; "": not served
	Key     Secret `yaml:"key"`     // that HTTP clients must have; "": none
	Slots   int    `yaml:"slots"`   // pieces of work at once; 0: two for each processor
}

// The names in asr.backends and tts.backends.
var (
	ASRBackends = []string{"whisper", "none", "scripted", "wyoming", "openai", "vosk"}
	TTSBackends = []string{"espeak", "wyoming", "openai"}
)

func defaultASR() ASR {
	const guess = 0.7 // sure enough to be acted on where it can be undone, not sure enough to be acted on unasked
	return ASR{Backends: []string{"whisper"}, KeepSeconds: 30, Breaker: Breaker{Failures: 2, Seconds: 15},
		Whisper: ASRWhisper{Queue: 64, DeadlineMS: 2500, PatienceMS: 200, PartialMS: 800},
		Wyoming: ASRWyoming{Language: "fr", TimeoutMS: 1500, Confidence: guess, Early: true},
		OpenAI:  ASROpenAI{Model: "whisper-1", Language: "fr", TimeoutMS: 1500, Retries: 2, Hints: "prompt", Confidence: guess, Early: true},
		Vosk:    ASRVosk{TimeoutMS: 1000, Confidence: guess}}
}

func defaultTTS() TTS {
	return TTS{Backends: []string{"espeak"}, Voice: "fr", WordsPerMin: 150, Pitch: 45, Breaker: Breaker{Failures: 2, Seconds: 15}, SentenceGapMS: 450, Processes: 2, CacheMB: 200, Rate: 1,
		Wyoming: TTSWyoming{Language: "fr", SampleRate: 22050, TimeoutMS: 2000},
		OpenAI:  TTSOpenAI{Model: "tts-1", Voice: "alloy", Format: "pcm", SampleRate: 24000, Speed: "server", TimeoutMS: 2000}}
}

// speech checks the recognisers and the voices.
func (l *loader) speech() {
	a, t := l.cfg.ASR, l.cfg.TTS
	l.order("asr.backends", a.Backends, ASRBackends)
	l.order("tts.backends", t.Backends, TTSBackends)
	if i := slices.Index(a.Backends, "none"); i >= 0 && i < len(a.Backends)-1 {
		l.bad("asr.backends", "%v: none hears nothing and never fails, what comes after it is never asked: put it last", a.Backends)
	}
	for key, v := range map[string]string{"speech.listen": l.cfg.Speech.Listen, "speech.wyoming": l.cfg.Speech.Wyoming} {
		if v != "" {
			l.hostPort(key, v)
		}
	}
	l.choice("asr.openai.hints", a.OpenAI.Hints, "none", "prompt", "full")
	l.choice("tts.openai.format", t.OpenAI.Format, "pcm", "wav")
	l.choice("tts.openai.speed", t.OpenAI.Speed, "server", "ours")
	wait := 0
	if slices.Contains(a.Backends, "wyoming") {
		l.peer("asr.wyoming.address", a.Wyoming.Address)
		wait += a.Wyoming.TimeoutMS
	}
	if slices.Contains(a.Backends, "openai") {
		l.soundAddress("asr.openai.url", a.OpenAI.URL, "http", "https")
		wait += a.OpenAI.TimeoutMS
	}
	if slices.Contains(a.Backends, "vosk") {
		l.soundAddress("asr.vosk.url", a.Vosk.URL, "ws", "wss")
		wait += a.Vosk.TimeoutMS
	}
	if limit := l.cfg.Turns.RecogniserMS; wait >= limit {
		l.bad("asr.backends", "the time-outs of %v add up to %d ms, and the caller's patience (turns.recogniser_ms) is %d ms: shorten them, or name fewer", a.Backends, wait, limit)
	}
	if slices.Contains(t.Backends, "wyoming") {
		l.peer("tts.wyoming.address", t.Wyoming.Address)
	}
	if slices.Contains(t.Backends, "openai") {
		l.soundAddress("tts.openai.url", t.OpenAI.URL, "http", "https")
	}
	for key, c := range map[string]float64{"wyoming": a.Wyoming.Confidence, "openai": a.OpenAI.Confidence, "vosk": a.Vosk.Confidence} {
		if c <= 0 || c > 1 {
			l.bad("asr."+key+".confidence", "%g: above 0, up to 1", c)
		}
	}
}

// order checks a list of backends.
func (l *loader) order(key string, names, known []string) {
	if len(names) == 0 {
		l.bad(key, "is empty: name at least %s", known[0])
	}
	for i, n := range names {
		at := fmt.Sprintf("%s[%d]", key, i)
		l.choice(at, n, known...)
		if slices.Contains(names[:i], n) {
			l.bad(at, "%s is there twice", n)
		}
	}
}

// peer checks host:port of a server that is configured.
func (l *loader) peer(key, v string) {
	if !isPeer(v) {
		l.bad(key, "%q is not host:port, for example 10.0.0.5:10300", v)
	}
}

// soundAddress checks the address of a server that callers' voices, or what is said to them, go to.
func (l *loader) soundAddress(key, v, clear, secured string) {
	u, ok := base(v, clear, secured)
	switch {
	case !ok || u.User != nil:
		l.bad(key, "is no address such as %s://10.0.0.5:8000/v1", clear)
	case u.Scheme == clear && !nearby(u.Hostname()):
		l.bad(key, "what is said in calls goes there: %s, or %s to this machine or an address of a private network", secured, clear)
	}
}
