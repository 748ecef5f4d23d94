package dialog

import (
	"time"

	"github.com/acotel/acotel-sbc/sms"
	"github.com/acotel/acotel-sbc/workshop"
)

// Settings are what the owners of the service may change. The zero value of a field means its default (DefaultSettings).
type Settings struct {
	NoInput      time.Duration // silence after a question before it is asked again; 8 s
	NoInputAgain time.Duration // and after it was asked again; 10 s
	Patience     time.Duration // silence granted to a caller who said "wait"; 60 s
	LoneKey      time.Duration // a single key acts after this; 1.5 s
	KeyGap       time.Duration // longest pause between two digits of a code; 4 s

	Search  workshop.Settings // steps of widening (C4)
	OldData time.Duration     // a copy of the workshops older than this is told as such (D3); 7 days

	Site            string // web site told when nothing else helps (C12), as it is spoken
	RatingScale     int    // best mark: 4 or 9 (C11); 4
	RatingBad       int    // marks up to this one are asked why; 2
	RatingQuestions int    // 1 or 2; -1 for none; 1
	BatchSize       int    // workshops told before the caller is asked for more (C8); 2
	SMSSegments     int    // parts of an SMS at most, as the operator bills them; 2
	MaxTold         int    // workshops told in one search before we move on; 6
	Refine          int    // more workshops than this, and the caller is asked which theme (C7); 2
	Digressions     int    // turns in a row that may lead away from a question before each more counts as a miss (C12); 6

	Accept float64 // a place heard at this confidence is taken without confirmation; 0.8
	Reject float64 // under this one it counts as not understood; 0.35

	Rate, Volume float64 // of the voice at the start of a call; 1
}

// DefaultSettings are the values that requirements and contracts name.
func DefaultSettings() Settings {
	return Settings{
		NoInput: 8 * time.Second, NoInputAgain: 10 * time.Second, Patience: 60 * time.Second,
		LoneKey: 1500 * time.Millisecond, KeyGap: 4 * time.Second,
		Search: workshop.DefaultSettings(), OldData: 7 * 24 * time.Hour, Site: "pourbienvieillir.fr",
		RatingScale: 4, RatingBad: 2, RatingQuestions: 1, BatchSize: 2, MaxTold: 6, Refine: 2, Digressions: 6, SMSSegments: sms.DefaultSegments,
		Accept: 0.8, Reject: 0.35, Rate: 1, Volume: 1,
	}
}

// withDefaults fills what was left at zero.
func (s Settings) withDefaults() Settings {
	d := DefaultSettings()
	orElse(&s.NoInput, d.NoInput)
	orElse(&s.NoInputAgain, d.NoInputAgain)
	orElse(&s.Patience, d.Patience)
	orElse(&s.LoneKey, d.LoneKey)
	orElse(&s.KeyGap, d.KeyGap)
	orElse(&s.OldData, d.OldData)
	orElse(&s.Site, d.Site)
	orElse(&s.RatingScale, d.RatingScale)
	orElse(&s.RatingBad, d.RatingBad)
	orElse(&s.RatingQuestions, d.RatingQuestions)
	orElse(&s.BatchSize, d.BatchSize)
	orElse(&s.MaxTold, d.MaxTold)
	orElse(&s.Refine, d.Refine)
	orElse(&s.Digressions, d.Digressions)
	orElse(&s.SMSSegments, d.SMSSegments)
	orElse(&s.Accept, d.Accept)
	orElse(&s.Reject, d.Reject)
	orElse(&s.Rate, d.Rate)
	orElse(&s.Volume, d.Volume)
	if len(s.Search.RadiiKM) == 0 || len(s.Search.Weeks) == 0 {
		s.Search = d.Search
	}
	return s
}

func orElse[T comparable](v *T, otherwise T) {
	var zero T
	if *v == zero {
		*v = otherwise
	}
}
