package workshop

// Workshop is one dated session of a prevention workshop, as a source gave it and as a caller is told it. Strings are NFC, trimmed, and
// empty when unknown; JSON gives null for every unknown value. The JSON keys are those of contracts `search`; they are also the columns
// of the CSV file.
type Workshop struct {
	ID     string // stable over refreshes, unique in a catalogue
	Title  string // "Gym équilibre en douceur"
	Theme  string // one of the labels of Themes
	Module string // sub-heading of the theme: "Équilibre et prévention des chutes"
	Date   Date   // civil date, Europe/Paris
	Start  Clock  // Europe/Paris
	End    Clock  // after Start, same day

	Venue      string // "Salle des fêtes"
	Address    string // street and number, without postal code and town
	PostalCode string // five digits
	City       string
	DistanceKM float64 // from the place asked for, straight line; only in a Result and only when the point of the workshop is known

	Price     Price  // JSON and CSV: its words, "gratuit", "5 €"
	Organiser string // whom to ring, a body, not a person
	Phone     string // national form in pairs, "01 99 00 12 34", or +… for another country
	Status    Status // only Open ones are proposed
	Remote    bool   // by telephone or video: no place, told last

	Summary     string  // one spoken sentence (C8)
	Description string  // the full text, told on request; paragraphs end with \n
	Cycle       string  // sessions of one cycle share it; empty: the workshop stands alone
	Session     int     // which session of the cycle, from 1; 0 unknown
	Sessions    int     // how many the cycle has; 0 unknown
	Lat, Lon    float64 // WGS84 degrees; both 0: unknown
	Region      string  // region words of contracts: sud-est, …, autre
	INSEE       string  // commune code

	measured bool // DistanceKM was computed by a search
}

// Status of one session.
type Status string

// The states of a session. Sources' own words are mapped on import.
const (
	Open      Status = "open"      // one can still enrol
	Full      Status = "full"      // no seat left
	Closed    Status = "closed"    // the cycle takes nobody any more
	Cancelled Status = "cancelled" // does not take place
)

// Key is what makes sessions one entry for the caller: the cycle, or the workshop itself when it belongs to none.
func (w Workshop) Key() string {
	if w.Cycle != "" {
		return w.Cycle
	}
	return w.ID
}

// Located reports whether the workshop has a point on the map.
func (w Workshop) Located() bool { return w.Lat != 0 || w.Lon != 0 }

// Measured reports whether DistanceKM was computed by a search.
func (w Workshop) Measured() bool { return w.measured }

// Proposable reports whether a caller can still enrol; an unknown status counts as open.
func (w Workshop) Proposable() bool { return w.Status == Open || w.Status == "" }
