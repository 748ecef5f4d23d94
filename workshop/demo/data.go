package demo

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"sync"

	"go.yaml.in/yaml/v3"
)

//go:embed data/*.yaml
var files embed.FS

// data is all French text of the season, and where it happens.
type data struct {
	modules []module
	places  places
	words   words
}

// module is what a cycle can be about.
type module struct {
	Theme        string   `yaml:"theme"` // key of workshop.Themes
	Name         string   `yaml:"name"`
	Weight       int      `yaml:"weight"`
	Sessions     [2]int   `yaml:"sessions"`
	Minutes      []int    `yaml:"minutes"`
	Movement     bool     `yaml:"movement"`
	Distance     bool     `yaml:"distance"`
	Titles       []string `yaml:"titles"`
	Summaries    []string `yaml:"summaries"`
	Descriptions []string `yaml:"descriptions"`
	Bring        []string `yaml:"bring"`
}

// places are the communes (INSEE codes) where something is promised, or its absence.
type places struct {
	WellServed []string `yaml:"well_served"`
	Outside    []string `yaml:"outside"`
	Quiet      []quiet  `yaml:"quiet"`
}

// quiet is a place around which only some offers stand.
type quiet struct {
	INSEE   string  `yaml:"insee"`
	ClearKM float64 `yaml:"clear_km"`
	Offers  []offer `yaml:"offers"`
}

// offer is one cycle for each theme, beginning between two days.
type offer struct {
	INSEE  string   `yaml:"insee"`
	Days   [2]int   `yaml:"days"`
	Themes []string `yaml:"themes"`
}

// words are what a workshop's texts are put together from.
type words struct {
	Venues []struct {
		fits         `yaml:",inline"`
		Name         string `yaml:"name"`
		Movement     bool   `yaml:"movement"`
		OnlyMovement bool   `yaml:"only_movement"`
	} `yaml:"venues"`
	Streets []struct {
		fits     `yaml:",inline"`
		Name     string `yaml:"name"`
		Numbered bool   `yaml:"numbered"`
	} `yaml:"streets"`
	Organisers []struct {
		fits   `yaml:",inline"`
		Name   string `yaml:"name"`
		Weight int    `yaml:"weight"`
	} `yaml:"organisers"`
	Remote struct {
		Venues     []string `yaml:"venues"`
		Organisers []string `yaml:"organisers"`
	} `yaml:"remote"`
	Prices []struct {
		Price  string `yaml:"price"`
		Weight int    `yaml:"weight"`
	} `yaml:"prices"`
	Rhythm        []string       `yaml:"rhythm"`
	Group         []string       `yaml:"group"`
	Welcome       []string       `yaml:"welcome"`
	WelcomeRemote []string       `yaml:"welcome_remote"`
	Numbers       map[int]string `yaml:"numbers"`
	Weekdays      []string       `yaml:"weekdays"`
	Months        []string       `yaml:"months"`
	FirstOfMonth  string         `yaml:"first_of_month"`
	Aspirated     []string       `yaml:"aspirated"`
}

// fits says in what size of commune something is found.
type fits struct {
	Village bool `yaml:"village"`
	Town    bool `yaml:"town"`
}

func (f fits) in(village bool) bool { return village && f.Village || !village && f.Town }

var readData = sync.OnceValues(func() (*data, error) {
	d := &data{}
	return d, errors.Join(read("modules.yaml", &d.modules), read("places.yaml", &d.places), read("words.yaml", &d.words))
})

func read(name string, into any) error {
	text, err := files.ReadFile("data/" + name)
	if err != nil {
		return err
	}
	dec := yaml.NewDecoder(bytes.NewReader(text))
	dec.KnownFields(true)
	if err := dec.Decode(into); err != nil {
		return fmt.Errorf("demo: %s: %w", name, err)
	}
	return nil
}
