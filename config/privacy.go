package config

// Privacy is how personal data is kept (G1 to G5).
type Privacy struct {
	Retention   Retention `yaml:"retention"`
	HideHealth  bool      `yaml:"hide_health"`  // illnesses are hidden in transcripts
	HealthWords []string  `yaml:"health_words"` // hidden beside those that are known
	Controller  string    `yaml:"controller"`   // who decides on the processing, for the register
	Processor   string    `yaml:"processor"`    // who runs the service
	Contact     string    `yaml:"contact"`      // of the data protection officer
	Hosting     string    `yaml:"hosting"`      // where the machine stands
}

// Retention is how long each kind of data is kept, in days. What is past it is destroyed by itself.
type Retention struct {
	TranscriptsDays int `yaml:"transcripts_days"` // what callers said, anonymised
	NumbersDays     int `yaml:"numbers_days"`     // masked numbers and their hashes
	CallsDays       int `yaml:"calls_days"`       // traces and facts; anonymous figures stay
	SMSDays         int `yaml:"sms_days"`
	BlockedDays     int `yaml:"blocked_days"` // the do-not-send list
	AuditDays       int `yaml:"audit_days"`
	BackupsDays     int `yaml:"backups_days"` // in DATA/backups
	LogsDays        int `yaml:"logs_days"`    // declared in the register: the system's journal keeps our log
}

func defaultPrivacy() Privacy {
	return Privacy{HideHealth: true, Hosting: "France", Retention: Retention{TranscriptsDays: 180, NumbersDays: 90, CallsDays: 400, SMSDays: 90,
		BlockedDays: 1095, AuditDays: 1095, BackupsDays: 35, LogsDays: 30}}
}

func (l *loader) privacy() {
	r := l.cfg.Privacy.Retention
	for key, v := range map[string]int{"transcripts_days": r.TranscriptsDays, "numbers_days": r.NumbersDays, "calls_days": r.CallsDays, "sms_days": r.SMSDays,
		"blocked_days": r.BlockedDays, "audit_days": r.AuditDays, "backups_days": r.BackupsDays, "logs_days": r.LogsDays} {
		if v < 1 || v > 3650 {
			l.bad("privacy.retention."+key, "%d is outside 1 to 3650 days", v)
		}
	}
	for key, v := range map[string]int{"transcripts_days": r.TranscriptsDays, "numbers_days": r.NumbersDays, "sms_days": r.SMSDays} {
		if v > r.CallsDays {
			l.bad("privacy.retention."+key, "%d days are longer than calls_days (%d): a call's data can't outlive it", v, r.CallsDays)
		}
	}
}
