package simulate

import (
	"strconv"
	"strings"

	"github.com/acotel/acotel-sbc/place"
)

// Answer is what the caller does after what was heard.
func (c *Caller) Answer(p Prompt) Act {
	if act, gone := c.enough(p); gone {
		return act
	}
	c.listen(p)
	if c.Goal == Care {
		if act, ok := c.ailing(p); ok {
			return act
		}
	}
	if c.Goal == Other {
		return c.mistaken(p)
	}
	if act, ok := c.wanders(p); ok {
		return act
	}
	if c.misplaced != "" && p.State != "confirm" && p.State != "rating" {
		return c.corrects(p)
	}
	return c.reply(p)
}

// enough: patience and time end.
func (c *Caller) enough(p Prompt) (Act, bool) {
	if p.says("repair.nomatch") || p.says("repair.astray") || p.says("place.code_") || p.says("place.unknown") || p.says("results.move_on") ||
		p.says("theme.move_on") {
		c.patience--
	}
	switch {
	case c.patience < 0:
		return Act{HangUp: true, Why: "patience"}, true
	case p.Elapsed.Minutes() > float64(c.temper.Minutes):
		return Act{HangUp: true, Why: "time"}, true
	}
	return Act{}, false
}

// ailing is what the ill do: they say what is the matter, and then do as they are told.
func (c *Caller) ailing(p Prompt) (Act, bool) {
	switch {
	case !c.opened:
		c.opened = true
		return c.say(one(c.says.Ill[c.kind], c.r)), true
	case p.says("care.accident"):
		return Act{HangUp: true, Why: "help"}, true
	case p.says("care.ask_illness"):
		if chance(50, c.r) {
			c.Goal = Workshop // and goes on looking
			return c.say(one(c.says.Offer["yes"], c.r)), true
		}
		return c.say(one(c.says.Offer["no"], c.r)), true
	case p.says("care.ask"), p.says("care.again"):
		if chance(40, c.r) {
			return c.say("oui"), true
		}
		return c.say(one(c.says.Offer["no"], c.r)), true
	case p.State == "rating":
		return Act{HangUp: true, Why: "rating"}, true
	}
	// Not heard: once more, in other words.
	return c.say(one(c.says.Ill[c.kind], c.r)), true
}

// mistaken is what those do who rang the wrong number, or the right one for the wrong thing.
func (c *Caller) mistaken(p Prompt) Act {
	switch {
	case !c.opened:
		c.opened = true
		c.kind = []string{"other", "scope"}[c.r.IntN(2)]
		return c.say(one(c.says.Wrong[c.kind], c.r))
	case p.says("service.") || p.says("scope."):
		if chance(35, c.r) {
			return Act{HangUp: true, Why: "done"}
		}
		return c.say(one(c.says.Offer["no"], c.r))
	case p.State == "rating":
		return Act{HangUp: true, Why: "rating"}
	case p.State == "confirm":
		return c.say(one(c.says.Offer["no"], c.r))
	case chance(30, c.r):
		return Act{HangUp: true, Why: "done"}
	}
	return c.say(one(c.says.Wrong[c.kind], c.r))
}

// mostDigressions is how often one caller says something else than an answer.
const mostDigressions = 3

// wanders: silence, and what is said instead of an answer.
func (c *Caller) wanders(p Prompt) (Act, bool) {
	if p.State == "rating" || p.State == "reason" {
		return Act{}, false
	}
	if !c.quiet && chance(c.temper.Silent, c.r) {
		c.quiet = true
		return Act{Silence: true}, true
	}
	c.quiet = false
	if c.digressed >= mostDigressions || !c.opened && c.Temperament != "hard_of_hearing" || !chance(c.temper.Digress, c.r) {
		return Act{}, false
	}
	c.digressed++
	list := c.says.Digressions[c.Temperament]
	if len(list) == 0 || chance(25, c.r) {
		list = c.says.Digressions["any"]
	}
	return Act{Say: one(list, c.r)}, true
}

// corrects says that the service looks in the wrong place.
func (c *Caller) corrects(Prompt) Act {
	c.placed++
	form := "town"
	if (c.form == "code" || chance(25, c.r)) && c.code != "" {
		form = "code"
	}
	return c.say(one(c.says.Elsewhere[form], c.r))
}

// reply answers the question.
func (c *Caller) reply(p Prompt) Act {
	switch p.State {
	case "open":
		return c.opening(p)
	case "place":
		return c.where(p)
	case "confirm":
		return c.confirm(p)
	case "theme":
		return c.theme(p)
	case "results":
		return c.results(p)
	case "sms":
		return c.yesNo(p, c.says.SMS, chance(c.says.Habits["takes_sms"], c.r))
	case "more":
		return c.more(p)
	case "rating":
		return c.rates(p)
	case "reason":
		return c.say(one(c.says.Reason, c.r))
	}
	return Act{Silence: true}
}

// opening says what the call is for.
func (c *Caller) opening(p Prompt) Act {
	c.opened = true
	again := p.says("open.again")
	if c.presses(p, "code postal") {
		return c.keysCode()
	}
	o := c.says.Openings
	switch {
	case again && chance(60, c.r):
		return c.where(p)
	case !again && !p.says("open.") && chance(12, c.r):
		return c.say(one(o["greeting"], c.r))
	case !again && chance(7, c.r):
		return c.say(one(o["question"], c.r))
	case c.form != "neither" && chance(c.says.Habits["place_at_once"], c.r):
		c.placed++
		switch {
		case c.form == "code":
			return c.say(one(o["search_code"], c.r))
		case c.Wish != "":
			return c.say(one(o["search_wish_at"], c.r))
		}
		return c.say(one(o["search_at"], c.r))
	case c.Wish != "":
		return c.say(one(o["search_wish"], c.r))
	}
	return c.say(one(o["search"], c.r))
}

// where says where to look. Asked again, most say the same thing, some say it in another way.
func (c *Caller) where(p Prompt) Act {
	if p.says("place.two") || p.says("place.many") || p.says("place.which") {
		if c.presses(p, "tapez 1") {
			return c.pressOption(p)
		}
		return c.say(one(c.says.Where["which"], c.r))
	}
	again := c.placed
	c.placed++
	if c.presses(p, "code postal") || again >= 2 && strings.Contains(p.text(), "ouche") && chance(40, c.r) {
		return c.keysCode()
	}
	form := c.form
	switch {
	case form == "neither" && again == 0:
		return c.say(one(c.says.Where["neither"], c.r))
	case form == "neither":
		form = "town"
	}
	if again > 0 {
		switch n := c.r.IntN(100); {
		case c.Near.INSEE != "" && n < 35 && form == "town":
			c.nearby = true
			return c.say(one(c.says.Where["nearby"], c.r))
		case n < 25 && c.code != "":
			form = "code_again"
		case form == "code":
			form = "code_again"
		case form == "town":
			form = "town_again"
		}
	}
	return c.say(one(c.says.Where[form], c.r))
}

// pressOption presses the key behind the right department.
func (c *Caller) pressOption(p Prompt) Act {
	in := place.Fold(place.DepartmentName(c.Home.Department))
	first, second := strings.Index(p.text(), "apez 1"), strings.Index(p.text(), "apez 2")
	at := strings.Index(place.Fold(p.text()), in)
	if at < 0 || first < 0 || second < 0 {
		return c.say(one(c.says.Where["which"], c.r))
	}
	if strings.Contains(place.Fold(p.text()[:first]), in) {
		return Act{Keys: "1"}
	}
	return Act{Keys: "2"}
}

// confirm answers questions for yes or no, all but those of the SMS.
func (c *Caller) confirm(p Prompt) Act {
	switch {
	case p.says("place.confirm"):
		return c.confirmPlace(p)
	case p.says("contacts."):
		return c.yesNo(p, c.says.Contacts, chance(45, c.r))
	case p.says("more.same"):
		return c.yesNo(p, c.says.Same, c.another)
	case p.says("care.ask_illness") || p.says("care.illness."):
		return c.yesNo(p, c.says.Offer, true)
	case p.says("care."): // nothing is the matter
		return c.yesNo(p, c.says.Offer, false)
	}
	return c.yesNo(p, c.says.Offer, true)
}

// confirmPlace says whether the service has understood the place.
func (c *Caller) confirmPlace(p Prompt) Act {
	right := c.isHome(p.words("place.confirm")) || !chance(max(c.temper.Notices, 85), c.r)
	if c.presses(p, "tapez 1") {
		return Act{Keys: map[bool]string{true: "1", false: "2"}[right]}
	}
	if right {
		return c.say(one(c.says.Confirm["right"], c.r))
	}
	c.misplaced = namedPlace(p.words("place.confirm"))
	switch n := c.r.IntN(100); {
	case n < 45:
		return c.say(one(c.says.Confirm["wrong"], c.r))
	case c.form == "code":
		return c.say(one(c.says.Confirm["wrong_code"], c.r))
	}
	return c.say(one(c.says.Confirm["wrong_town"], c.r))
}

// yesNo says or keys yes or no.
func (c *Caller) yesNo(p Prompt, words map[string][]string, yes bool) Act {
	answer, key := "no", "2"
	if yes {
		answer, key = "yes", "1"
	}
	if c.presses(p, "tapez "+key) {
		return Act{Keys: key}
	}
	return c.say(one(words[answer], c.r))
}

// theme chooses among the themes on offer.
func (c *Caller) theme(p Prompt) Act {
	c.themes++
	w := c.says.Theme
	text := place.Fold(p.text())
	if c.Wish != "" && strings.Contains(text, place.Fold(c.Wish)) {
		if p.says("theme.ask_one") || p.says("theme.one") {
			return c.say("oui")
		}
		first := strings.Index(text, place.Fold(c.Wish)) < len(text)/2
		switch n := c.r.IntN(100); {
		case c.presses(p, "tapez 1") && first:
			return Act{Keys: "1"}
		case c.presses(p, "tapez 2"):
			return Act{Keys: map[bool]string{true: "1", false: "2"}[first]}
		case n < 45:
			return c.say(one(w["by_name"], c.r))
		case n < 70:
			return c.say(one(w["wish"], c.r))
		case first:
			return c.say(one(w["first"], c.r))
		}
		return c.say(one(w["second"], c.r))
	}
	n := c.r.IntN(100)
	switch {
	case p.says("theme.ask_one") || p.says("theme.one"):
		return c.yesNo(p, c.says.Offer, n < 60)
	case c.Wish != "" && c.themes < 3:
		if n < 50 {
			return c.say(one(w["wish"], c.r))
		}
		return c.say(one(w["other"], c.r))
	case n < 28:
		if c.presses(p, "tapez 1") {
			return Act{Keys: "1"}
		}
		return c.say(one(w["first"], c.r))
	case n < 54:
		if c.presses(p, "tapez 2") {
			return Act{Keys: "2"}
		}
		return c.say(one(w["second"], c.r))
	case n < 80:
		return c.say(one(w["any"], c.r))
	case n < 90 && c.themes < 3:
		return c.say(one(w["other"], c.r))
	case c.themes < 3:
		return c.say(one(w["unsure"], c.r))
	}
	return c.say(one(w["any"], c.r))
}

// results listens to the workshops until there were enough.
func (c *Caller) results(p Prompt) Act {
	w := c.says.Results
	n := c.r.IntN(100)
	switch {
	case p.says("results.after_details"):
		return c.say(one(w["last"], c.r))
	case n < 9:
		return c.say(one(w["number_again"], c.r))
	case n < 17 && !c.detailed:
		c.detailed = true
		return c.say(one(w["details"], c.r))
	case p.says("results.last"):
		if c.presses(p, "tapez 1") {
			return Act{Keys: "1"}
		}
		return c.say(one(w["last"], c.r))
	case c.told < c.wants:
		if c.presses(p, "tapez 1") {
			return Act{Keys: "1"}
		}
		return c.say(one(w["next"], c.r))
	case n < 55:
		if c.presses(p, "tapez 3") {
			return Act{Keys: "3"}
		}
		return c.say(one(w["enough"], c.r))
	case n < 90 || c.told < 2:
		return c.say(one(w["take"], c.r))
	}
	return c.say(one(w["first_one"], c.r))
}

// more says whether there is something else.
func (c *Caller) more(p Prompt) Act {
	if p.says("more.ask_nothing") || c.closing || !chance(c.says.Habits["another_search"], c.r) {
		c.closing = true
		return c.yesNo(p, c.says.More, false)
	}
	c.closing, c.another, c.told = true, chance(70, c.r), 0
	switch n := c.r.IntN(3); {
	case n == 0:
		return c.yesNo(p, c.says.More, true)
	case n == 1 && c.another:
		c.Wish = c.says.Wishes[c.r.IntN(len(c.says.Wishes))].Theme
		for _, w := range c.says.Wishes {
			if w.Theme == c.Wish {
				c.wishWord = one(w.Say, c.r)
			}
		}
		return c.say(one(c.says.More["theme"], c.r))
	}
	return c.say(one(c.says.More["town"], c.r))
}

// rates gives a mark, declines, or hangs up: all has been said.
func (c *Caller) rates(p Prompt) Act {
	switch n := c.r.IntN(100); {
	case n < c.says.Habits["rates"]:
		mark := []int{4, 4, 4, 3, 3, 2, 1}[c.r.IntN(7)]
		if c.patience < 2 {
			mark = 1 + c.r.IntN(3)
		}
		if c.presses(p, "") {
			return Act{Keys: strconv.Itoa(mark)}
		}
		return c.say(one(c.says.Rating[strconv.Itoa(mark)], c.r))
	case n < c.says.Habits["rates"]+c.says.Habits["refuses_rating"]:
		return c.say(one(c.says.Rating["no"], c.r))
	}
	return Act{HangUp: true, Why: "rating"}
}
