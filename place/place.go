package place

// Place is one current commune, or one municipal arrondissement of Paris, Lyon
// or Marseille. It is a value: its slices are shared and must not be changed.
type Place struct {
	INSEE       string   `json:"insee"`        // five characters: "84007", "2A004"
	Name        string   `json:"name"`         // official name with its article: "L'Isle-sur-la-Sorgue"
	PostalCodes []string `json:"postal_codes"` // ascending
	Department  string   `json:"department"`   // "84", "2A", "974"
	Region      string   `json:"region"`       // one of the Region words
	Lat         float64  `json:"lat"`          // degrees, WGS 84
	Lon         float64  `json:"lon"`          // degrees, WGS 84
	// Approximate says that no source had this commune's own position; Lat and
	// Lon are then those of its surroundings. ErrorKM is the typical distance
	// (root mean square, km) from there to the real centre: add it to a search
	// radius.
	Approximate bool    `json:"approximate"`
	ErrorKM     float64 `json:"error_km"`
	Population  int     `json:"population"`       // inhabitants, legal population
	Former      string  `json:"former,omitempty"` // the former commune's name, when it is what matched
}

// Match is a place that fits what was said. Its JSON is the `place` row of the
// command contract.
type Match struct {
	Place
	Confidence float64 `json:"confidence"` // 0..1, see Gazetteer.Find
	Why        string  `json:"why"`        // short reason, in English
}

// Zone is the area that one postal code serves: 1 to 46 communes.
type Zone struct {
	Code string
	// Lat and Lon are the mean of the communes weighted by population, degrees.
	Lat, Lon float64
	// RadiusKM is the distance from there to the farthest commune's centre.
	RadiusKM float64
	// ErrorKM is the typical error of Lat and Lon: the communes' own errors,
	// weighted by population.
	ErrorKM float64
	Places  []Place // biggest first
}
