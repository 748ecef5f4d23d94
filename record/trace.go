package record

import "time"

// Trace is one call as reports show it (K8); its JSON keys are a contract. Unknown values are null.
type Trace struct {
	ID         string         `json:"id"`
	Line       string         `json:"line"`       // production, test
	StartedAt  time.Time      `json:"started_at"` // ISO 8601 with offset
	Caller     string         `json:"caller"`     // last 4 digits hidden; withheld: ""
	Origin     *string        `json:"origin"`     // mobile, fixe, autre, masque
	DurationS  *float64       `json:"duration_s"` // answered time; null while the call goes on, or never answered
	Steps      Steps          `json:"steps"`
	Statuses   []Status       `json:"statuses"`
	Region     *string        `json:"region"`
	PostalCode *string        `json:"postal_code"`
	PlaceAsked bool           `json:"place_asked"`
	PlaceTries *int           `json:"place_tries"`
	SMSSent    int            `json:"sms_sent"` // number of SMS that the provider took
	MOS        *float64       `json:"mos"`
	EndedBy    *string        `json:"ended_by"` // local, remote, none, interrupted; null while the call goes on
	Reason     *string        `json:"reason"`   // of the end, as the program says it
	Cause      *string        `json:"cause"`    // of the Reason headers that came with the end (RFC 3326)
	WaitS      *float64       `json:"wait_s"`   // time in the waiting room (T2); null: none
	Incident   *TraceIncident `json:"incident"`
	Quality    *TraceQuality  `json:"quality"` // null when nothing is known
}

// Steps are the durations of section 6.3.1, in seconds.
type Steps struct {
	WelcomeS      *float64 `json:"welcome_s"`
	ConversationS *float64 `json:"conversation_s"`
	TotalS        *float64 `json:"total_s"`
}

// TraceIncident is the first incident of a call and the link that caused it (T8).
type TraceIncident struct {
	Link  string    `json:"link"`
	At    time.Time `json:"at"`
	Owner *string   `json:"owner"` // ours, operator, source, sms; null: unknown
}

// Filter chooses calls; zero fields choose all.
type Filter struct {
	From, To time.Time // From ≤ started_at < To
	Line     string
	Status   Status
	Region   string
	Origin   string
	ID       string
	Location *time.Location // of the times in the traces; default Europe/Paris
}
