package config

import (
	"fmt"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"
)

// Config holds every setting of the service. The zero value is not usable:
// start from Default. Keys are the yaml names joined by dots ("sip.listen").
type Config struct {
	SIP       SIP       `yaml:"sip"`
	RTP       RTP       `yaml:"rtp"`
	HTTP      HTTP      `yaml:"http"`
	Data      Data      `yaml:"data"`
	Calls     Calls     `yaml:"calls"`
	Trunks    []Trunk   `yaml:"trunks"`
	Lines     []Line    `yaml:"lines"`
	Turns     Turns     `yaml:"turns"`
	BargeIn   BargeIn   `yaml:"barge_in"`
	VAD       VAD       `yaml:"vad"`
	Dialog    Dialog    `yaml:"dialog"`
	Search    Search    `yaml:"search"`
	Workshops Workshops `yaml:"workshops"`
	TTS       TTS       `yaml:"tts"`
	ASR       ASR       `yaml:"asr"`
	Speech    Speech    `yaml:"speech"`
	SMS       SMS       `yaml:"sms"`
	Models    Models    `yaml:"models"`
	Capture   Capture   `yaml:"capture"`
	Check     Check     `yaml:"check"`
	Privacy   Privacy   `yaml:"privacy"`
	Softphone Softphone `yaml:"softphone"`
	Log       Log       `yaml:"log"`
}

// SIP is the trunk side of signalling.
type SIP struct {
	Listen     string   `yaml:"listen"`      // host:port, UDP and TCP
	Advertise  string   `yaml:"advertise"`   // IP address written in Contact and SDP, empty: the interface's own
	UserAgent  string   `yaml:"user_agent"`  // Server and User-Agent header, empty: none
	BusyStatus int      `yaml:"busy_status"` // 503 or 486: the answer when no slot and no waiting place is free
	TLS        TLS      `yaml:"tls"`
	Limits     Limits   `yaml:"limits"`
	Sessions   Sessions `yaml:"sessions"`
}

// RTP is where the sound of calls flows.
type RTP struct {
	Ports        string   `yaml:"ports"`         // "min-max", UDP; each call takes an even port and the next
	Codecs       []string `yaml:"codecs"`        // what we speak, preferred first
	Prefer       string   `yaml:"prefer"`        // caller or ours: whose order of codecs counts in an answer
	ComfortNoise bool     `yaml:"comfort_noise"` // RFC 3389 packets instead of silence, where the operator takes them
	SRTP         string   `yaml:"srtp"`          // off, allowed or required: sound protected by keys in the SDP
}

// HTTP is the address of health checks, metrics and later the console.
type HTTP struct {
	Listen string `yaml:"listen"`
	Debug  bool   `yaml:"debug"` // shows the inside of the process under /debug: profiles, goroutines, heap

	Certificate string `yaml:"certificate"` // PEM, with its chain; empty: plain HTTP. Read again when the file changes
	Key         string `yaml:"key"`
}

// Data is the folder that holds the database, the speech cache and keys, and the database when it is elsewhere.
type Data struct {
	Dir      string `yaml:"dir"`
	Database Secret `yaml:"database"` // address of a PostgreSQL database; "" for SQLite in Dir
}

// Calls are the limits of admission (T2) and of one call. Times in seconds.
type Calls struct {
	Slots             int `yaml:"slots"`               // conversations at once
	WaitSlots         int `yaml:"wait_slots"`          // callers who may wait for a slot
	WaitSeconds       int `yaml:"wait_seconds"`        // how long one may wait
	RetryAfterSeconds int `yaml:"retry_after_seconds"` // Retry-After of a refused call
	MaxSeconds        int `yaml:"max_seconds"`         // longest call
	DrainSeconds      int `yaml:"drain_seconds"`       // how long calls may go on after SIGTERM
	CPUGuardPercent   int `yaml:"cpu_guard_percent"`   // no new calls while we use more of the machine's processors, 0: no guard
	ClockGuardMS      int `yaml:"clock_guard_ms"`      // no new calls while sound leaves later than this one time in twenty, 0: no guard
}

// LineKind says what a called number does.
type LineKind string

// The kinds of a line.
const (
	Production LineKind = "production" // the service, counted in the figures
	Test       LineKind = "test"       // the same service, never counted (T1)
	Suspended  LineKind = "suspended"  // a message, then the end of the call (T4)
	Echo       LineKind = "echo"       // gives back what it hears, for tone and delay tests
)

// Line is one called number.
type Line struct {
	Number  string   `yaml:"number"`
	Kind    LineKind `yaml:"kind"`
	Message string   `yaml:"message"` // of a suspended line, empty: the standard one

	// A line of another kind is suspended from the one to the other moment (RFC 3339); one of them alone: from then on, or
	// until then.
	SuspendedFrom  string `yaml:"suspended_from"`
	SuspendedUntil string `yaml:"suspended_until"`
}

// Suspension gives the planned suspension of a line; a zero time is an open end, two are none.
func (l Line) Suspension() (from, until time.Time, err error) {
	if from, err = moment(l.SuspendedFrom); err != nil {
		return from, until, err
	}
	until, err = moment(l.SuspendedUntil)
	return from, until, err
}

func moment(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return t, fmt.Errorf("%q is no moment, for example 2030-12-24T18:00:00+01:00", text)
	}
	return t, nil
}

// Turns are the times of turn-taking, in milliseconds.
type Turns struct {
	SpeechStartMS          int                      `yaml:"speech_start_ms"`           // speech this long is a turn, where the voice is silent
	SpeechMinMS            int                      `yaml:"speech_min_ms"`             // shorter speech was a turn only if there are words in it
	PrepareMS              int                      `yaml:"prepare_ms"`                // silence after which the recogniser begins to work on what was said
	EndSilenceMS           int                      `yaml:"end_silence_ms"`            // silence that ends a complete answer
	EndSilencePartialMS    int                      `yaml:"end_silence_partial_ms"`    // silence that ends an incomplete one
	EndSilenceUnfinishedMS int                      `yaml:"end_silence_unfinished_ms"` // silence that ends a hesitation, or half a postal code
	States                 map[string]StateSilences `yaml:"states"`                    // state of the conversation → the three above
	LoneKeyMS              int                      `yaml:"lone_key_ms"`               // a lone key acts after this time
	KeyGapMS               int                      `yaml:"key_gap_ms"`                // keys of one number are at most this far apart
	NoInputMS              int                      `yaml:"no_input_ms"`               // silence after a question before it is asked again
	NoInputAgainMS         int                      `yaml:"no_input_again_ms"`         // and after it was asked again
	RecogniserMS           int                      `yaml:"recogniser_ms"`             // longest wait for a recogniser's answer
	RecogniserSlowMS       int                      `yaml:"recogniser_slow_ms"`        // a recogniser that takes longer is covered by words
	SearchSlowMS           int                      `yaml:"search_slow_ms"`            // a search that lasts longer is covered by words (C5)
	SearchMS               int                      `yaml:"search_ms"`                 // longest wait for a search, then the incident message (C5)
}

// VAD chooses how the caller's speech is told from other sound.
type VAD struct {
	Backend   string  `yaml:"backend"`   // silero: a network behind the energy gate; energy: the gate alone
	Threshold float64 `yaml:"threshold"` // probability from which on the network's word is speech
}

// Capture bounds the captures of single calls that acotel-sbc capture asks for (G1).
type Capture struct {
	MaxMB        int `yaml:"max_mb"`        // size of a file; 0: no capture at all
	MaxSeconds   int `yaml:"max_seconds"`   // length of a capture
	KeepHours    int `yaml:"keep_hours"`    // then the file is deleted
	ArmedMinutes int `yaml:"armed_minutes"` // how long a request waits for its call
}

// Models is where the files are that make setup fetched.
type Models struct {
	Dir string `yaml:"dir"` // empty: beside the program, then the user's data folder
}

// Dialog is the owners' hold on the conversation.
type Dialog struct {
	Messages  string `yaml:"messages"`   // file whose messages replace the embedded ones
	Website   string `yaml:"website"`    // the site proposed when we do not understand each other
	RatingMax int    `yaml:"rating_max"` // best mark, 4 or 9 (C11)
	BadMark   int    `yaml:"bad_mark"`   // marks up to this one are asked why

	RatingQuestions int     `yaml:"rating_questions"` // 0, 1 or 2
	RefineAbove     int     `yaml:"refine_above"`     // more workshops than this, and a theme is asked for (C7)
	TellAtOnce      int     `yaml:"tell_at_once"`     // workshops told before the caller is asked for more (C8)
	TellAtMost      int     `yaml:"tell_at_most"`     // workshops told in one search
	Digressions     int     `yaml:"digressions"`      // turns that may lead away from a question before each more counts as a miss (C12)
	PatienceSeconds int     `yaml:"patience_seconds"` // silence granted to who said "wait"
	OldDataDays     int     `yaml:"old_data_days"`    // callers are told when the copy of the workshops is older
	Accept          float64 `yaml:"accept"`           // a place this likely is searched without asking back (C3)
	Reject          float64 `yaml:"reject"`           // what was heard less surely counts as not understood

	NLU NLU `yaml:"nlu"`
}

// NLU is the owners' hold on understanding.
type NLU struct {
	Examples string   `yaml:"examples"` // file of example sentences that are learnt beside the embedded ones
	Model    NLUModel `yaml:"model"`
}

// Search are the steps of widening (C4).
type Search struct {
	RadiiKM []float64 `yaml:"radii_km"`
	Weeks   []int     `yaml:"weeks"`
}

// Workshops is where the workshops come from (D1), and how old their copy may get (D3).
type Workshops struct {
	File           string            `yaml:"file"`      // CSV file loaded at start when it is newer than the copy
	Delimiter      string            `yaml:"delimiter"` // ",", ";" or empty: found out
	Columns        map[string]string `yaml:"columns"`   // our field → the file's column
	Themes         map[string]string `yaml:"themes"`    // the source's theme → ours
	Statuses       map[string]string `yaml:"statuses"`  // the source's word for a state → open, full, closed, cancelled
	Source         Source            `yaml:"source"`
	RefreshMinutes int               `yaml:"refresh_minutes"` // between two refreshes
	MaxLoss        float64           `yaml:"max_loss"`        // share of sessions or of a field that a refresh may lack, 0 to 1
	MaxAgeHours    int               `yaml:"max_age_hours"`   // an older copy is reported as degraded; 0: never
}

// Source is where workshops are fetched from over HTTP.
type Source struct {
	Kind           string                       `yaml:"kind"` // csv, json, openagenda, schema_org, icalendar; empty: no source
	URL            string                       `yaml:"url"`
	Method         string                       `yaml:"method"`
	Headers        map[string]Secret            `yaml:"headers"`
	Body           string                       `yaml:"body"`
	Paging         SourcePaging                 `yaml:"paging"`
	Items          string                       `yaml:"items"`  // path of the list of workshops
	Each           string                       `yaml:"each"`   // path, in a workshop, of its list of sessions
	Fields         map[string]Paths             `yaml:"fields"` // our field → paths
	Dates          []string                     `yaml:"dates"`  // forms of dates beside the usual ones
	Values         map[string]map[string]string `yaml:"values"` // our field → the source's text → ours
	TimeoutSeconds int                          `yaml:"timeout_seconds"`
	MaxMB          int                          `yaml:"max_mb"`
	MaxPages       int                          `yaml:"max_pages"`
	DelayMS        int                          `yaml:"delay_ms"` // between two requests
	Retries        int                          `yaml:"retries"`
}

// SourcePaging says how the pages of a source follow each other.
type SourcePaging struct {
	Kind          string `yaml:"kind"` // none, page, offset, cursor, link; empty: none, or what the source's kind brings
	Parameter     string `yaml:"parameter"`
	First         *int   `yaml:"first"`
	SizeParameter string `yaml:"size_parameter"`
	Size          int    `yaml:"size"`
	Next          string `yaml:"next"`
}

// Paths are one path or several, the first that gives something counts.
type Paths []string

// UnmarshalYAML takes a text or a list of texts.
func (p *Paths) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		*p = Paths{n.Value}
		return nil
	}
	var list []string
	if err := n.Decode(&list); err != nil {
		return err
	}
	*p = list
	return nil
}

// SMS chooses the provider of text messages.
type SMS struct {
	Provider    string   `yaml:"provider"` // log, http, ovh, brevo
	MaxSegments int      `yaml:"max_segments"`
	Sender      string   `yaml:"sender"`       // the name or number that handsets show
	PublicURL   string   `yaml:"public_url"`   // where a provider reaches our HTTP address, for delivery receipts; "": none
	Attempts    int      `yaml:"attempts"`     // before a message is given up
	ExpiryHours int      `yaml:"expiry_hours"` // age at which it is given up
	PerDay      int      `yaml:"per_day"`      // messages to one number in 24 hours; 0: no limit
	HTTP        SMSHTTP  `yaml:"http"`
	OVH         SMSOVH   `yaml:"ovh"`
	Brevo       SMSBrevo `yaml:"brevo"`
}

// SMSHTTP is a provider described by templates: provider.HTTPConfig.
type SMSHTTP struct {
	Method      string            `yaml:"method"`
	URL         string            `yaml:"url"`
	Headers     map[string]string `yaml:"headers"`
	Body        string            `yaml:"body"`
	Secrets     map[string]Secret `yaml:"secrets"`
	Accepted    string            `yaml:"accepted"`
	Refused     string            `yaml:"refused"`
	ID          string            `yaml:"id"`
	Resend      bool              `yaml:"resend"`
	Delivered   []string          `yaml:"delivered"`
	Undelivered []string          `yaml:"undelivered"`
}

// SMSOVH is an account at OVHcloud.
type SMSOVH struct {
	Endpoint          string `yaml:"endpoint"`
	ApplicationKey    Secret `yaml:"application_key"`
	ApplicationSecret Secret `yaml:"application_secret"`
	ConsumerKey       Secret `yaml:"consumer_key"`
	Service           string `yaml:"service"`
}

// SMSBrevo is an account at Brevo.
type SMSBrevo struct {
	Endpoint string `yaml:"endpoint"`
	APIKey   Secret `yaml:"api_key"`
}

// Log is how much is written to standard error.
type Log struct {
	Level  string `yaml:"level"`  // debug, info, warn, error
	Format string `yaml:"format"` // json or text
}

// Default returns the settings of a fresh machine: loopback only, the embedded
// voice, SQLite, no trunk.
func Default() Config {
	return Config{
		Softphone: defaultSoftphone(),
		SIP: SIP{Listen: "127.0.0.1:5060", BusyStatus: 503, TLS: TLS{VerifyClients: "none"}, Limits: Limits{
			MessageBytes: 60000, MessagesPerSecond: 500, CallsPerSecond: 50, HalfOpen: 200, Connections: 256, ConnectionsPerSource: 64, BanAfter: 100, BanSeconds: 600,
		}, Sessions: Sessions{ExpiresSeconds: 1800, MinSESeconds: 90, Refresher: "peer", RefreshBy: "update", ReliableProvisionals: "required"}},
		RTP:   RTP{Ports: "16384-32767", Codecs: []string{"PCMA", "PCMU", "G722", "opus"}, Prefer: "caller", SRTP: "allowed"},
		HTTP:  HTTP{Listen: "127.0.0.1:8080"},
		Data:  Data{Dir: "data"},
		Calls: Calls{Slots: 15, WaitSlots: 5, WaitSeconds: 60, RetryAfterSeconds: 30, MaxSeconds: 1200, DrainSeconds: 300, CPUGuardPercent: 90, ClockGuardMS: 40},
		Turns: Turns{SpeechStartMS: 80, SpeechMinMS: 160, PrepareMS: 200, EndSilenceMS: 800, EndSilencePartialMS: 1800, EndSilenceUnfinishedMS: 2500,
			States:    map[string]StateSilences{"reason": {EndSilencePartialMS: new(2500)}},
			LoneKeyMS: 1500, KeyGapMS: 4000, NoInputMS: 8000, NoInputAgainMS: 10000, RecogniserMS: 3000, RecogniserSlowMS: 1000, SearchSlowMS: 1500, SearchMS: 10000},
		BargeIn: BargeIn{SpeechStartMS: 200, SpeechMinMS: 300, MinDBov: -50, EchoGate: true, Fillers: []string{"hum", "hum hum", "mm", "mmh", "hein", "ah", "ah bon", "ah oui", "oui", "oui oui", "oui oui oui", "ouais", "d'accord", "oui d'accord", "bon", "bien", "très bien", "ok", "euh"}},
		VAD:     VAD{Backend: "silero", Threshold: 0.5},
		Dialog: Dialog{Website: "pourbienvieillir.fr", RatingMax: 4, BadMark: 2, RatingQuestions: 1, RefineAbove: 2, TellAtOnce: 2, TellAtMost: 6,
			Digressions: 6, PatienceSeconds: 60, OldDataDays: 7, Accept: 0.8, Reject: 0.35,
			NLU: NLU{Model: NLUModel{Format: "json_object", TimeoutMS: 800, Below: 0.5}}},
		Search: Search{RadiiKM: []float64{10, 40, 50}, Weeks: []int{4, 6, 8}},
		Workshops: Workshops{RefreshMinutes: 60, MaxLoss: 0.3, MaxAgeHours: 48,
			Source: Source{Method: "GET", TimeoutSeconds: 30, MaxMB: 50, MaxPages: 500, DelayMS: 500, Retries: 3}},
		TTS:     defaultTTS(),
		ASR:     defaultASR(),
		SMS:     SMS{Provider: "log", MaxSegments: 2, Attempts: 8, ExpiryHours: 4, PerDay: 10},
		Capture: Capture{MaxMB: 20, MaxSeconds: 900, KeepHours: 24, ArmedMinutes: 60},
		Check: Check{Seconds: 30, CallMinutes: 15, CallAfterSeconds: 60, Code: "84000", Sentence: "quatre-vingt-quatre mille", Fails: 2, Heals: 2, Close: []string{"voice", "recogniser", "workshops", "call"},
			FreeMB: 200, FreeInodes: 1000, CertificateDays: 14, Alerts: Alerts{PerHour: 20}},
		Privacy: defaultPrivacy(),
		Log:     Log{Level: "info", Format: "json"},
	}
}

// The lines and the trunk of `serve --demo`.
var (
	demoLines = [...]Line{{Number: "*", Kind: Production}, {Number: "0199000099", Kind: Test}}
	demoTrunk = Trunk{Name: "loopback", Peers: []string{"127.0.0.0/8", "::1/128"}, TrustIdentity: true}
)

// Demo returns the settings of `serve --demo`: every called number reaches the
// production line but the test number, and callers from loopback are allowed.
func Demo() Config { return Default().AsDemo() }

// AsDemo adds to a configuration that was read what holds with --demo whatever it
// says: its own lines and trunks stand, other numbers reach the production line,
// and callers from loopback are allowed.
func (c Config) AsDemo() Config {
	lines, trunks := slices.Clone(c.Lines), slices.Clone(c.Trunks)
	for _, d := range demoLines {
		if !slices.ContainsFunc(lines, func(l Line) bool { return l.Number == d.Number }) {
			lines = append(lines, d)
		}
	}
	if !slices.ContainsFunc(trunks, func(t Trunk) bool { return t.Name == demoTrunk.Name }) {
		trunks = append(trunks, demoTrunk)
	}
	c.Lines, c.Trunks = lines, trunks
	return c
}
