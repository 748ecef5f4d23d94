package simulate

import (
	"strings"

	"github.com/acotel/acotel-sbc/place"
)

// presses: the caller likes keys, and was told that they do.
func (c *Caller) presses(p Prompt, told string) bool {
	return strings.Contains(place.Fold(p.text()), place.Fold(told)) && chance(c.temper.Keys, c.r)
}

// keysCode presses the postal code.
func (c *Caller) keysCode() Act {
	if c.code == "" {
		return c.say(one(c.says.Where["town"], c.r))
	}
	c.placed++
	code := c.code
	if chance(4, c.r) { // a finger slips
		b := []byte(code)
		b[c.r.IntN(len(b))] = byte('0' + c.r.IntN(10))
		code = string(b)
	}
	if chance(50, c.r) {
		code += "#"
	}
	return Act{Keys: code}
}

// say fills a line in and puts around it what this caller puts around things.
func (c *Caller) say(line string) Act {
	v := map[string]string{
		"town": c.name, "at": at(c.name), "in": place.InDepartment(c.Home.Department), "department": place.DepartmentName(c.Home.Department),
		"near": c.Near.Name, "wrong": c.misplaced, "wish": c.wishWord, "theme": strings.ToLower(c.Wish),
	}
	if c.code != "" {
		v["code"] = sayCode(c.code, c.r)
	}
	text := fill(line, v, c.r)
	if chance(c.temper.Lead, c.r) {
		text = c.manner(c.says.Lead) + " " + text
	}
	if chance(c.temper.Tail, c.r) {
		text += " " + c.manner(c.says.Tail)
	}
	return Act{Say: c.stammer(text)}
}

// manner is what people of the caller's temperament put around things.
func (c *Caller) manner(words map[string][]string) string {
	if own := words[c.Temperament]; len(own) > 0 {
		return one(own, c.r)
	}
	return one(words["any"], c.r)
}

// at is "à Orange", "au Thor", "aux Angles".
func at(town string) string {
	switch {
	case strings.HasPrefix(town, "Le "):
		return "au " + town[3:]
	case strings.HasPrefix(town, "Les "):
		return "aux " + town[4:]
	}
	return "à " + town
}

// stammer strews fillers between the words.
func (c *Caller) stammer(text string) string {
	var out []string
	for i, w := range strings.Fields(text) {
		if i > 0 && chance(c.temper.Fillers, c.r) {
			out = append(out, one(c.says.Fillers, c.r))
		}
		out = append(out, w)
	}
	return strings.Join(out, " ")
}
