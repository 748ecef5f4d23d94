package place

import (
	"math"
	"slices"
	"strings"

	"github.com/acotel/acotel-sbc/place/sound"
)

// Figures of names that are known by their sound. A slip's likelihood falls with
// its cost in sounds, the confidence with its cost for each sound of the name.
const (
	soundWeight = 0.5  // of the same sounds in other letters, against the same letters
	soundFall   = 5.0  // per sound that is another: a factor of e to the minus this
	besideExact = 0.15 // beside a name that was said letter by letter
	besideWords = 0.4  // beside one that begins with the words said
	shortWeight = 0.15 // of a name's beginning
	endWeight   = 0.8  // of a name's end, against its beginning
	bareWeight  = 0.7

	soundQuality, qualityFall, leastQuality = 0.92, 1.1, 0.15

	// nobody is the weight of no place at all, against which names known by their sound must stand.
	nobody = 2.0

	// soundEntries is how many different sounds near those of a reading are looked at.
	soundEntries = 16

	// soundReadings is how many readings of an answer are looked up by sound.
	soundReadings = 4
	// leastSounds is the shortest name that is looked up by other sounds than its own.
	leastSounds = 3
	// limitShare of the sounds may be others, limitMost at the most.
	limitShare, limitFree, limitMost = 30, 10, 230
)

// stop are words of which an answer may consist that names no place.
var stop = words("je ne sais pas oui non bonjour bonsoir merci allo comment quoi pardon c est ca va bien tres peu plus rien tout tous dire dit dites fait faire vous nous " +
	"moi toi lui elle il ils on me te se le la les un une des de du d l j n s m t y en a au aux et ou mais ou donc or ni car que qu qui ce ces son sa ses mon ma mes " +
	"attendez attends minute seconde moment repetez repeter encore entends compris comprends aide ecoutez ecoute voila euh bon ben ah oh eh hein chez pour par avec sans sous sur " +
	"suis es sommes etes sont ai as avons avez ont etait veux voudrais cherche peut peux etre mal fois la ici si aussi alors apres avant deja jamais toujours plutot atelier ateliers " +
	"madame monsieur s il plait revoir merci peu importe d accord tout a fait voulez vouloir numero telephone rue avenue madame code postal ville village commune")

// sounding finds the names that sound like what was said.
func (g *Gazetteer) sounding(q query) []candidate {
	if slices.ContainsFunc(q.readings, g.isDistrict) {
		return nil
	}
	var out []candidate
	done := 0
	for i := len(q.readings) - 1; i >= 0 && done < soundReadings; i-- {
		r := q.readings[i]
		if r.district > 0 || r.tail || !soundable(r.name) || len(q.readings) > 1 && verbal[firstWord(r.name)] {
			continue
		}
		done++
		list := g.soundingLike(r, q.utterance)
		if r.department != "" {
			list = slices.DeleteFunc(list, func(c candidate) bool { return !g.within(c.place, r.department) })
			list = noted(list, "in department "+r.department)
		}
		out = append(out, list...)
	}
	return out
}

// soundable says that words may be a name misheard: not only words of talk, and no long story.
func soundable(name string) bool { return !isTalk(name) && strings.Count(name, " ") < 8 }

func firstWord(s string) string {
	first, _, _ := strings.Cut(s, " ")
	return first
}

// isTalk says that there are only words of talk, and numbers.
func isTalk(name string) bool {
	for w := range strings.SplitSeq(name, " ") {
		if !stop[w] && !digits(w) {
			return false
		}
	}
	return true
}

func (g *Gazetteer) soundingLike(r reading, u utterance) []candidate {
	text := r.name
	if len(u.accents) > 0 {
		parts := strings.Fields(r.name)
		for i, w := range parts {
			if a, ok := u.accents[w]; ok {
				parts[i] = a
			}
		}
		text = strings.Join(parts, " ")
	}
	s := sound.Of(text)
	own := len(s) // what tells this name from others: "saint" does not
	if strings.HasPrefix(s, "sI") {
		own -= 2
	}
	if own <= 0 {
		return nil
	}
	limit := sound.Cost(0)
	if own >= leastSounds {
		limit = min(sound.Cost(limitShare*own+limitFree), limitMost)
	}
	var out []candidate
	index := g.sounds()
	list, again := u.searched[s]
	if !again {
		list = index.nearest(s, limit)
		u.searched[s] = list
	}
	for _, f := range list {
		e := &index.entries[f.entry]
		longer := max(own, len(e.sounds)-(len(s)-own), leastSounds)
		share := float64(f.cost) / 100 / float64(longer)
		for _, n := range e.names {
			name := g.names.byKey[n.name]
			c := candidate{place: name.place, alias: name.alias, keep: max(soundQuality-qualityFall*share, leastQuality),
				odds: math.Exp(-soundFall * float64(f.cost) / 100), closeness: soundsLike}
			switch n.part {
			case bareName:
				c.odds *= bareWeight
			case shortName:
				c.closeness = shortSoundsLike
			case endName:
				c.closeness = shortSoundsLike
				c.odds *= endWeight
			}
			out = append(out, c)
		}
	}
	return out
}
