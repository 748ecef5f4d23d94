package simulate

import (
	"strings"

	"github.com/acotel/acotel-sbc/place"
)

// listen takes in what was said: how many workshops, and which place.
func (c *Caller) listen(p Prompt) {
	for _, s := range p.Said {
		switch {
		case s.Key == "result.what" || s.Key == "result.what_chosen":
			c.told++
		case s.Key == "find.town" || s.Key == "find.code" || s.Key == "find.zone":
			c.misplaced = ""
			if !c.isHome(s.Text) && chance(c.temper.Notices, c.r) {
				c.misplaced = namedPlace(s.Text)
			}
		}
	}
}

// says reports whether a message, or one whose key begins so, was heard.
func (p Prompt) says(key string) bool { return p.words(key) != "" }

// words is what was said under such keys.
func (p Prompt) words(key string) string {
	var out []string
	for _, s := range p.Said {
		if strings.HasPrefix(s.Key, key) {
			out = append(out, s.Text)
		}
	}
	return strings.Join(out, " ")
}

// text is all that was said.
func (p Prompt) text() string { return p.words("") }

// isHome tells whether what the service said of a place is where the caller lives: the name, in the right department, or the code.
func (c *Caller) isHome(text string) bool {
	said := " " + place.Fold(text) + " "
	for _, code := range c.Home.PostalCodes {
		if strings.Contains(said, " "+code+" ") {
			return true
		}
	}
	homes := []place.Place{c.Home}
	if c.nearby {
		homes = append(homes, c.Near)
	}
	for _, h := range homes {
		if strings.Contains(said, " "+place.Core(h.Name)+" ") && strings.Contains(said, " "+place.Fold(place.DepartmentName(h.Department))+" ") {
			return true
		}
	}
	return false
}

// namedPlace is the name in "À Carpentras, dans le Vaucluse. …" or the code in "Le 84000, …".
func namedPlace(text string) string {
	name, _, _ := strings.Cut(text, ",")
	for _, before := range []string{"À ", "Au ", "Aux ", "Code postal ", "Le code postal ", "Le ", "Vous êtes à ", "Vous êtes au ", "Vous êtes aux ",
		"Est-ce bien ", "Pour "} {
		if rest, ok := strings.CutPrefix(name, before); ok {
			return rest
		}
	}
	return name
}
