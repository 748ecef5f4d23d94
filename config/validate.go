package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// validate checks values one by one and against each other.
func (l *loader) validate() {
	c := &l.cfg
	l.hostPort("sip.listen", c.SIP.Listen)
	l.hostPort("http.listen", c.HTTP.Listen)
	l.advertised("sip.advertise", c.SIP.Advertise)
	if c.SIP.BusyStatus != 503 && c.SIP.BusyStatus != 486 {
		l.bad("sip.busy_status", "%d: 503 (another node may take the call) or 486 (busy)", c.SIP.BusyStatus)
	}
	if _, _, err := ParsePorts(c.RTP.Ports); err != nil {
		l.bad("rtp.ports", "%v", err)
	}
	l.rtp()
	if c.Data.Dir == "" {
		l.bad("data.dir", "is empty: name the folder of the database and the caches")
	}
	if c.Data.Database.Literal() && !isPostgres(string(c.Data.Database)) {
		l.bad("data.database", "is no address of a PostgreSQL database: postgres://user@host:5432/name, or env:NAME or file:PATH where that stands; empty is SQLite in data.dir")
	}
	l.numbers()
	l.tls()
	l.sessions()
	l.trunks()
	l.secrets()
	l.lines()
	l.search()
	l.nluModel()
	l.silences()
	l.bargeIn()
	l.choice("vad.backend", c.VAD.Backend, "silero", "energy")
	l.speech()
	l.choice("sms.provider", c.SMS.Provider, "log", "http", "ovh", "brevo")
	l.sms()
	l.check()
	l.privacy()
	l.softphone()
	l.choice("log.level", c.Log.Level, "debug", "info", "warn", "error")
	l.choice("log.format", c.Log.Format, "json", "text")
	l.choice("workshops.delimiter", c.Workshops.Delimiter, "", ",", ";", "\t")
	l.source()
	if c.Dialog.RatingMax != 4 && c.Dialog.RatingMax != 9 {
		l.bad("dialog.rating_max", "%d: the scale is 1 to 4 or 1 to 9", c.Dialog.RatingMax)
	}
	if d := c.Dialog; d.Accept <= 0 || d.Accept > 1 || d.Reject <= 0 || d.Reject >= d.Accept {
		l.bad("dialog.accept", "%g: between 0 and 1, and above dialog.reject (%g), which is above 0", d.Accept, d.Reject)
	}
}

func (l *loader) sms() {
	c := l.cfg.SMS
	for key, v := range map[string]int{"attempts": c.Attempts, "expiry_hours": c.ExpiryHours, "max_segments": c.MaxSegments} {
		if v < 1 {
			l.bad("sms."+key, "%d: at least 1", v)
		}
	}
	if c.PerDay < 0 {
		l.bad("sms.per_day", "%d: at least 1, or 0 for no limit", c.PerDay)
	}
	if _, ok := base(c.PublicURL, "https", "http"); c.PublicURL != "" && !ok {
		l.bad("sms.public_url", "is no address such as https://standard.example.org")
	}
	switch {
	case c.Provider == "http" && c.HTTP.URL == "":
		l.bad("sms.http.url", "is empty: the address of the provider, with {{query .To}} and {{query .Text}} where they belong")
	case c.HTTP.URL != "" && !isAddressTemplate(c.HTTP.URL):
		l.bad("sms.http.url", "is no http or https address of a provider, such as https://sms.example.org/send?to={{query .To}}")
	}
	for key, v := range map[string]string{"sms.ovh.endpoint": c.OVH.Endpoint, "sms.brevo.endpoint": c.Brevo.Endpoint} {
		if _, ok := base(v, "https", "http"); v != "" && !ok {
			l.bad(key, "%q is no http or https address of the provider", v)
		}
	}
}

func (l *loader) rtp() {
	if len(l.cfg.RTP.Codecs) == 0 {
		l.bad("rtp.codecs", "is empty: name at least PCMA")
	}
	for i, name := range l.cfg.RTP.Codecs {
		l.choice(fmt.Sprintf("rtp.codecs[%d]", i), name, "PCMA", "PCMU", "G722", "opus")
		if slices.Contains(l.cfg.RTP.Codecs[:i], name) {
			l.bad(fmt.Sprintf("rtp.codecs[%d]", i), "%s is there twice", name)
		}
	}
	l.choice("rtp.prefer", l.cfg.RTP.Prefer, "caller", "ours")
	l.choice("rtp.srtp", l.cfg.RTP.SRTP, "off", "allowed", "required")
}

// bad reports a value at the place where it was set.
func (l *loader) bad(key, format string, args ...any) {
	l.fail(l.setBy(key), key, format, args...)
}

// setBy is the place where a key, or the group that it is in, was set.
func (l *loader) setBy(key string) string {
	for k := key; ; {
		if w, ok := l.where[k]; ok {
			return w
		}
		i := strings.LastIndexAny(k, ".[")
		if i < 0 {
			return "default"
		}
		k = k[:i]
	}
}

// ParsePorts reads "16384-32767". A range holds at least two ports and begins
// above the privileged ones.
func ParsePorts(s string) (min, max uint16, err error) {
	a, b, ok := strings.Cut(s, "-")
	lo, err1 := strconv.ParseUint(strings.TrimSpace(a), 10, 16)
	hi, err2 := strconv.ParseUint(strings.TrimSpace(b), 10, 16)
	if !ok || err1 != nil || err2 != nil || lo < 1024 || hi <= lo {
		return 0, 0, fmt.Errorf("%q is not a range of UDP ports from 1024 on, for example 16384-32767", s)
	}
	return uint16(lo), uint16(hi), nil
}

func (l *loader) numbers() {
	c := &l.cfg
	for _, n := range []struct {
		key      string
		v        int
		min, max int
	}{
		{"calls.slots", c.Calls.Slots, 1, 10000},
		{"calls.wait_slots", c.Calls.WaitSlots, 0, 10000},
		{"calls.wait_seconds", c.Calls.WaitSeconds, 1, 3600},
		{"calls.retry_after_seconds", c.Calls.RetryAfterSeconds, 1, 3600},
		{"calls.max_seconds", c.Calls.MaxSeconds, 30, 24 * 3600},
		{"calls.drain_seconds", c.Calls.DrainSeconds, 0, 24 * 3600},
		{"calls.cpu_guard_percent", c.Calls.CPUGuardPercent, 0, 100},
		{"calls.clock_guard_ms", c.Calls.ClockGuardMS, 0, 1000},
		{"sip.limits.message_bytes", c.SIP.Limits.MessageBytes, 4096, 60000},
		{"sip.limits.messages_per_second", c.SIP.Limits.MessagesPerSecond, 0, 1000000},
		{"sip.limits.calls_per_second", c.SIP.Limits.CallsPerSecond, 0, 1000000},
		{"sip.limits.half_open", c.SIP.Limits.HalfOpen, 0, 1000000},
		{"sip.limits.connections", c.SIP.Limits.Connections, 0, 1000000},
		{"sip.limits.connections_per_source", c.SIP.Limits.ConnectionsPerSource, 0, 1000000},
		{"sip.limits.ban_after", c.SIP.Limits.BanAfter, 0, 1000000},
		{"sip.limits.ban_seconds", c.SIP.Limits.BanSeconds, 0, 30 * 24 * 3600},
		{"turns.speech_start_ms", c.Turns.SpeechStartMS, 40, 2000},
		{"turns.speech_min_ms", c.Turns.SpeechMinMS, 40, 2000},
		{"turns.prepare_ms", c.Turns.PrepareMS, 200, 10000},
		{"turns.lone_key_ms", c.Turns.LoneKeyMS, 200, 10000},
		{"turns.key_gap_ms", c.Turns.KeyGapMS, 500, 30000},
		{"turns.no_input_ms", c.Turns.NoInputMS, 1000, 60000},
		{"turns.no_input_again_ms", c.Turns.NoInputAgainMS, 1000, 60000},
		{"turns.recogniser_ms", c.Turns.RecogniserMS, 200, 60000},
		{"turns.recogniser_slow_ms", c.Turns.RecogniserSlowMS, 200, 60000},
		{"turns.search_slow_ms", c.Turns.SearchSlowMS, 200, 60000},
		{"turns.search_ms", c.Turns.SearchMS, 200, 60000},
		{"check.seconds", c.Check.Seconds, 0, 3600},
		{"check.call_minutes", c.Check.CallMinutes, 0, 24 * 60},
		{"check.call_after_seconds", c.Check.CallAfterSeconds, 1, 24 * 3600},
		{"check.fails", c.Check.Fails, 1, 10},
		{"check.heals", c.Check.Heals, 1, 10},
		{"check.free_mb", c.Check.FreeMB, 0, 1 << 30},
		{"check.free_inodes", c.Check.FreeInodes, 0, 1 << 30},
		{"check.certificate_days", c.Check.CertificateDays, 0, 366},
		{"check.alerts.per_hour", c.Check.Alerts.PerHour, 1, 1000},
		{"capture.max_mb", c.Capture.MaxMB, 0, 1000},
		{"capture.max_seconds", c.Capture.MaxSeconds, 10, 7200},
		{"capture.keep_hours", c.Capture.KeepHours, 1, 30 * 24},
		{"capture.armed_minutes", c.Capture.ArmedMinutes, 1, 24 * 60},
		{"dialog.bad_mark", c.Dialog.BadMark, 0, c.Dialog.RatingMax},
		{"dialog.rating_questions", c.Dialog.RatingQuestions, 0, 2},
		{"dialog.refine_above", c.Dialog.RefineAbove, 1, 100},
		{"dialog.tell_at_once", c.Dialog.TellAtOnce, 1, 10},
		{"dialog.tell_at_most", c.Dialog.TellAtMost, 1, 100},
		{"dialog.digressions", c.Dialog.Digressions, 1, 50},
		{"dialog.patience_seconds", c.Dialog.PatienceSeconds, 10, 600},
		{"dialog.old_data_days", c.Dialog.OldDataDays, 1, 365},
		{"dialog.nlu.model.timeout_ms", c.Dialog.NLU.Model.TimeoutMS, 100, 3000},
		{"tts.words_per_minute", c.TTS.WordsPerMin, 80, 400},
		{"tts.pitch", c.TTS.Pitch, 1, 99},
		{"tts.word_gap_ms", c.TTS.WordGapMS, 0, 500},
		{"tts.breaker.failures", c.TTS.Breaker.Failures, 1, 100},
		{"tts.breaker.seconds", c.TTS.Breaker.Seconds, 1, 3600},
		{"tts.pause_ms", c.TTS.SentenceGapMS, 0, 3000},
		{"tts.processes", c.TTS.Processes, 1, 64},
		{"tts.cache_mb", c.TTS.CacheMB, 0, 1 << 20},
		{"asr.keep_seconds", c.ASR.KeepSeconds, 5, 120},
		{"asr.breaker.failures", c.ASR.Breaker.Failures, 1, 100},
		{"asr.breaker.seconds", c.ASR.Breaker.Seconds, 1, 3600},
		{"asr.whisper.lanes", c.ASR.Whisper.Lanes, 0, 256},
		{"asr.whisper.queue", c.ASR.Whisper.Queue, 1, 10_000},
		{"asr.whisper.deadline_ms", c.ASR.Whisper.DeadlineMS, 200, 30000},
		{"asr.whisper.patience_ms", c.ASR.Whisper.PatienceMS, 0, 600000},
		{"asr.whisper.partial_ms", c.ASR.Whisper.PartialMS, 0, 10000},
		{"asr.wyoming.timeout_ms", c.ASR.Wyoming.TimeoutMS, 100, 30000},
		{"asr.openai.timeout_ms", c.ASR.OpenAI.TimeoutMS, 100, 30000},
		{"asr.openai.retries", c.ASR.OpenAI.Retries, 0, 10},
		{"asr.vosk.timeout_ms", c.ASR.Vosk.TimeoutMS, 100, 30000},
		{"tts.wyoming.sample_rate", c.TTS.Wyoming.SampleRate, 8000, 48000},
		{"tts.wyoming.timeout_ms", c.TTS.Wyoming.TimeoutMS, 100, 30000},
		{"tts.openai.sample_rate", c.TTS.OpenAI.SampleRate, 8000, 48000},
		{"tts.openai.timeout_ms", c.TTS.OpenAI.TimeoutMS, 100, 30000},
		{"speech.slots", c.Speech.Slots, 0, 1000},
		{"sms.max_segments", c.SMS.MaxSegments, 1, 10},
		{"workshops.refresh_minutes", c.Workshops.RefreshMinutes, 1, 7 * 24 * 60},
		{"workshops.max_age_hours", c.Workshops.MaxAgeHours, 0, 24 * 366},
		{"workshops.source.timeout_seconds", c.Workshops.Source.TimeoutSeconds, 1, 600},
		{"workshops.source.max_mb", c.Workshops.Source.MaxMB, 1, 1 << 10},
		{"workshops.source.max_pages", c.Workshops.Source.MaxPages, 1, 100_000},
		{"workshops.source.delay_ms", c.Workshops.Source.DelayMS, 0, 60_000},
		{"workshops.source.retries", c.Workshops.Source.Retries, 0, 10},
	} {
		if n.v < n.min || n.v > n.max {
			l.bad(n.key, "%d is outside %d to %d", n.v, n.min, n.max)
		}
	}
	if c.VAD.Threshold < 0.1 || c.VAD.Threshold > 0.95 {
		l.bad("vad.threshold", "%g is outside 0.1 to 0.95", c.VAD.Threshold)
	}
	if c.TTS.Rate < 0.5 || c.TTS.Rate > 2 {
		l.bad("tts.rate", "%g is outside 0.5 to 2", c.TTS.Rate)
	}
}

func (l *loader) lines() {
	seen := map[string]int{}
	for i, n := range l.cfg.Lines {
		key := fmt.Sprintf("lines[%d]", i)
		if n.Number == "" {
			l.bad(key+".number", `is empty: give the called number, or "*" for every other`)
		}
		if j, ok := seen[n.Number]; ok {
			l.bad(key+".number", "%q is listed already as line %d", n.Number, j+1)
		}
		seen[n.Number] = i
		l.choice(key+".kind", string(n.Kind), string(Production), string(Test), string(Suspended), string(Echo))
		from, err := moment(n.SuspendedFrom)
		if err != nil {
			l.bad(key+".suspended_from", "%v", err)
		}
		until, err := moment(n.SuspendedUntil)
		if err != nil {
			l.bad(key+".suspended_until", "%v", err)
		}
		if !from.IsZero() && !until.IsZero() && !from.Before(until) {
			l.bad(key+".suspended_until", "%s is not after suspended_from", n.SuspendedUntil)
		}
	}
}

// source checks what can be told without asking package workshop; its own check follows when the service starts, or in config check.
func (l *loader) source() {
	w := l.cfg.Workshops
	if w.MaxLoss < 0 || w.MaxLoss > 1 {
		l.bad("workshops.max_loss", "%g is no share from 0 (not looked at) to 1", w.MaxLoss)
	}
	l.choice("workshops.source.kind", w.Source.Kind, "", "csv", "json", "openagenda", "schema_org", "icalendar")
	l.choice("workshops.source.paging.kind", w.Source.Paging.Kind, "", "none", "page", "offset", "cursor", "link")
	switch {
	case w.Source.Kind == "" && w.Source.URL != "":
		l.bad("workshops.source.kind", "is empty: say what is found at the address: csv, json, openagenda, schema_org or icalendar")
	case w.Source.Kind != "" && w.Source.URL == "":
		l.bad("workshops.source.url", "is empty: give the address of the workshops")
	case w.Source.URL != "" && !IsWebAddress(w.Source.URL):
		l.bad("workshops.source.url", "is no address such as https://example.org/ateliers")
	case w.Source.Kind != "" && w.File != "":
		l.bad("workshops.file", "a file and a source: keep one of them")
	}
}

func (l *loader) search() {
	s := l.cfg.Search
	if len(s.RadiiKM) == 0 || !slices.IsSorted(s.RadiiKM) || s.RadiiKM[0] <= 0 {
		l.bad("search.radii_km", "%v: give growing distances in km, for example [10, 40, 50]", s.RadiiKM)
	}
	if len(s.Weeks) == 0 || !slices.IsSorted(s.Weeks) || s.Weeks[0] <= 0 {
		l.bad("search.weeks", "%v: give growing numbers of weeks, for example [4, 6, 8]", s.Weeks)
	}
}

func (l *loader) choice(key, v string, known ...string) {
	if slices.Contains(known, v) {
		return
	}
	hint := suggest(v, known, func(s string) string { return s })
	if len(known) == 1 {
		hint = fmt.Sprintf(", known: %q", known[0])
	}
	l.bad(key, "unknown value %q%s", v, hint)
}
