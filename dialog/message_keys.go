package dialog

import (
	"fmt"
	"strings"
)

// spec says what a message may hold.
type spec struct {
	vars     []string
	optional bool // may be missing from the file
}

// everywhere are the variables that every message may use.
var everywhere = []string{"site", "scale"}

// specs are all messages that the code says, with their variables. A file that names another one, or lacks one of these, is refused.
var specs = buildSpecs(`
welcome.notice
welcome.question
open.again.# open.short open.greeted
place.ask place.ask_other place.short place.not_that place.unknown place.code_short place.code_long
place.again.# place.near_you
place.with_theme: wanted
place.confirm: which name at near department
place.confirm.again.~: which name at near department code
place.confirm_code: which code name at near department
place.confirm_zone: which code department
place.two: name first second
place.many: name
place.which.again.~: name
place.department: department
place.code_unknown: code
find.town: name at at_start near department
find.code: code name at at_start near department
find.zone: code near department
find.again: near at name
found.near: near at name workshops
found.later: near at name workshops weeks_first weeks km
found.farther: near at name workshops km_first km weeks
found.remote: near at name workshops
found.other_theme: near at name wanted
found.old: date
found.other_wish
nothing.here: near at name km weeks
nothing.again nothing.outside
nothing.no_more: near at name
nothing.region.sud-est? nothing.region.languedoc-roussillon? nothing.region.centre-val-de-loire? nothing.region.bourgogne-franche-comte? nothing.region.autre?
theme.ask+: first second
theme.ask_more+: first second
theme.ask_one: first
theme.others
theme.again.~: first second
theme.one.again.~: first
theme.not_here: near at name
theme.chosen: theme
theme.any theme.move_on
result.only result.remote result.free result.free_will
result.number: ordinal
result.what: title theme module
result.what_chosen: title
result.summary: summary
result.when: date start end
result.when_start: date start
result.when_day: date
result.where: at venue
result.where_town: at
result.where_far: at venue km
result.where_far_town: at km
result.price: price
result.contact: organiser phone
result.contact_once: organiser phone
result.phone: phone
result.phone_once: phone
result.organiser: organiser
results.next_or_details+ results.next_or_details_short results.last+ results.last_short results.no_previous results.no_such
results.no_more results.chosen results.goes_on results.move_on results.after_details
results.two_more+: left
results.again.~
number.again: organiser phone title
number.again_bare: phone title
number.again_of: organiser phone title
detail.description: description
detail.address: address at
detail.address_only: address
detail.cycle_first: sessions
detail.cycle: session sessions
detail.organiser: organiser phone
detail.organiser_only: organiser
detail.nothing
price.this_free price.this_free_will price.this_unknown
price.this: price
sms.offer_one+ sms.offer_two+ sms.offer_last+ sms.queued sms.failed sms.not_sent sms.already sms.what sms.again.~
contacts.offer+ contacts.mobile contacts.again.~
contacts.one: title date_at organiser phone
contacts.one_phone: title date_at phone
contacts.one_bare: title date_at organiser
more.ask+ more.ask_nothing+ more.gladly more.again.~
more.same_place+: near at name
more.same.again.~: near at name
goodbye.thanks goodbye.welcome goodbye.early goodbye.later goodbye.end goodbye.plain
rating.ask.1 rating.ask.2 rating.again.~ rating.reason rating.reason_thanks reason.again.#
repair.nomatch.# repair.astray.# repair.noinput.1 repair.noinput.2 repair.others repair.unheard repair.end repair.silence
command.repeat command.returned command.slower command.louder command.wait command.back command.no_back command.restart command.human
command.you_are_welcome
help.open help.place help.confirm help.theme help.results help.sms help.more help.rating help.reason
about.service about.next about.machine about.price about.sales about.number about.again.#
about.hesitation about.hesitation_theme about.hesitation_results
care.distress care.illness care.accident care.ask care.ask_illness care.again.# care.illness.again.#
care.number_distress care.number_accident care.goodbye
insult.first insult.second
service.number: service phone
service.local scope.out scope.next
incident.sorry
call.suspended call.waiting call.waiting_again call.waiting_next call.waited call.full call.too_long call.searching call.thinking
`)

// spokenForm is the end of the key of a message that leaves the keys out, for callers who speak.
const spokenForm = ".spoken"

// buildSpecs reads the table above: keys apart by spaces, "#" for the three tries of a question and "~" for two, "?" for one that may be
// missing, "+" for one that may have a spoken form besides, and after a colon the variables of the line's keys.
func buildSpecs(table string) map[string]spec {
	out := map[string]spec{}
	for line := range strings.SplitSeq(table, "\n") {
		keys, names, _ := strings.Cut(line, ":")
		s := spec{vars: append(strings.Fields(names), everywhere...)}
		for _, key := range strings.Fields(keys) {
			if before, ok := strings.CutSuffix(key, "?"); ok {
				out[before] = spec{vars: s.vars, optional: true}
				continue
			}
			if before, ok := strings.CutSuffix(key, "+"); ok {
				out[before], out[before+spokenForm] = s, spec{vars: s.vars, optional: true}
				continue
			}
			tries := 0
			before, three := strings.CutSuffix(key, "#")
			if three {
				tries = maxMisses
			} else if before, three = strings.CutSuffix(key, "~"); three {
				tries = maxMisses - 1
			}
			for try := 1; try <= tries; try++ {
				out[fmt.Sprintf("%s%d", before, try)] = s
			}
			if tries > 0 {
				continue
			}
			out[key] = s
		}
	}
	return out
}

// specOf knows a key.
func specOf(key string) (spec, bool) {
	s, ok := specs[key]
	return s, ok
}
