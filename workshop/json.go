package workshop

import "encoding/json"

// wire is the JSON form of a Workshop: contracts `search` first, our further keys after them. Pointers give null for unknown values.
type wire struct {
	ID          *string  `json:"id"`
	Title       *string  `json:"title"`
	Theme       *string  `json:"theme"`
	Module      *string  `json:"module"`
	Date        Date     `json:"date"`
	Start       Clock    `json:"start"`
	End         Clock    `json:"end"`
	Venue       *string  `json:"venue"`
	Address     *string  `json:"address"`
	PostalCode  *string  `json:"postal_code"`
	City        *string  `json:"city"`
	DistanceKM  *float64 `json:"distance_km"`
	Price       Price    `json:"price"`
	Organiser   *string  `json:"organiser"`
	Phone       *string  `json:"phone"`
	Status      *string  `json:"status"`
	Remote      bool     `json:"remote"`
	Summary     *string  `json:"summary"`
	Description *string  `json:"description"`
	Cycle       *string  `json:"cycle"`
	Session     *int     `json:"session"`
	Sessions    *int     `json:"sessions"`
	Lat         *float64 `json:"lat"`
	Lon         *float64 `json:"lon"`
	Region      *string  `json:"region"`
	INSEE       *string  `json:"insee"`
}

// MarshalJSON writes the keys of contracts `search` and ours; unknown values are null.
func (w Workshop) MarshalJSON() ([]byte, error) {
	status := string(w.Status)
	j := wire{
		ID: known(w.ID), Title: known(w.Title), Theme: known(w.Theme), Module: known(w.Module), Date: w.Date, Start: w.Start, End: w.End,
		Venue: known(w.Venue), Address: known(w.Address), PostalCode: known(w.PostalCode), City: known(w.City), Price: w.Price,
		Organiser: known(w.Organiser), Phone: known(w.Phone), Status: known(status), Remote: w.Remote, Summary: known(w.Summary),
		Description: known(w.Description), Cycle: known(w.Cycle), Session: known(w.Session), Sessions: known(w.Sessions),
		Region: known(w.Region), INSEE: known(w.INSEE),
	}
	if w.measured {
		j.DistanceKM = &w.DistanceKM
	}
	if w.Located() {
		j.Lat, j.Lon = &w.Lat, &w.Lon
	}
	return json.Marshal(j)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (w *Workshop) UnmarshalJSON(b []byte) error {
	var j wire
	if err := json.Unmarshal(b, &j); err != nil {
		return err
	}
	*w = Workshop{
		ID: value(j.ID), Title: value(j.Title), Theme: value(j.Theme), Module: value(j.Module), Date: j.Date, Start: j.Start, End: j.End,
		Venue: value(j.Venue), Address: value(j.Address), PostalCode: value(j.PostalCode), City: value(j.City),
		DistanceKM: value(j.DistanceKM), measured: j.DistanceKM != nil, Price: j.Price,
		Organiser: value(j.Organiser), Phone: value(j.Phone), Status: Status(value(j.Status)), Remote: j.Remote, Summary: value(j.Summary),
		Description: value(j.Description), Cycle: value(j.Cycle), Session: value(j.Session), Sessions: value(j.Sessions),
		Lat: value(j.Lat), Lon: value(j.Lon), Region: value(j.Region), INSEE: value(j.INSEE),
	}
	return nil
}

// known gives a pointer to v, or nil when v is the zero value that stands for "unknown".
func known[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

func value[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}
