package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"os/exec"
	"strings"

	"github.com/zaf/g711"

	"github.com/acotel/acotel-sbc/media"
	"github.com/acotel/acotel-sbc/place"
)

// answers are spoken phrases with the text that should be heard, by state.
var answers = map[string][][2]string{
	"confirm": {{"oui", "oui"}, {"oui oui", "oui"}, {"ah oui", "oui"}, {"oui madame", "oui"}, {"oui bien sûr", "oui"}, {"non", "non"}, {"non merci", "non"}, {"ah non", "non"},
		{"non pas du tout", "non"}, {"d'accord", "d'accord"}, {"oui c'est ça", "c'est ça"}, {"voilà", "c'est ça"}, {"volontiers", "volontiers"}, {"pas vraiment", "pas du tout"}},
	"rating":  {{"un", "1"}, {"deux", "2"}, {"trois", "3"}, {"quatre", "4"}, {"je mets un quatre", "4"}, {"je dirais trois", "3"}, {"très bien", "très bien"}, {"pas mal", "bien"}},
	"theme":   {{"bien chez soi", "theme Bien chez soi"}, {"bien dans mon corps", "theme Bien dans mon corps"}, {"la mémoire", "module Mémoire"}, {"le sommeil", "module Sommeil"}, {"la gym douce", "module Activité physique adaptée"}, {"la cuisine", "module Cuisine partagée"}, {"peu importe", "peu importe"}, {"je voudrais un atelier de jardinage", "module Jardin et petits travaux"}},
	"results": {{"suivant", "suivant"}, {"le suivant s'il vous plaît", "suivant"}, {"plus de détails", "les détails"}, {"le deuxième", "le deuxième"}, {"répétez", "répétez"}, {"au revoir", "au revoir"}},
	"place":   {{"répétez s'il vous plaît", "répétez"}, {"je ne sais pas", "je ne sais pas"}, {"attendez un instant", "attendez"}},
}

// carriers stand before towns in half of the answers.
var carriers = []string{"", "", "", "", "j'habite à ", "je suis à ", "euh ", "c'est à ", "à "}

// script puts n utterances together: towns by their prior 35 %, codes 15 %, answers 25 %, what is in no list 25 %.
func script(g *place.Gazetteer, n int, r *rand.Rand) []utterance {
	var towns []place.Place
	var sums []float64
	total := 0.0
	for p := range g.Places {
		if p.Region != place.RegionOther && p.Population > 0 {
			total += place.Prior(p)
			towns, sums = append(towns, p), append(sums, total)
		}
	}
	town := func() place.Place {
		x := r.Float64() * total
		for i, s := range sums {
			if s > x {
				return towns[i]
			}
		}
		return towns[0]
	}
	states := []string{"confirm", "rating", "theme", "results", "place"}
	others := strings.Split(strings.TrimSpace(sentences), "\n")
	var out []utterance
	for len(out) < n {
		switch x := r.Float64(); {
		case x < 0.35:
			p := town()
			out = append(out, utterance{State: "place", Said: carriers[r.IntN(len(carriers))] + p.Name, Want: p.Name})
		case x < 0.5:
			p := town()
			c := p.PostalCodes[r.IntN(len(p.PostalCodes))]
			said := c
			if r.IntN(2) == 0 {
				said = c[:2] + " " + c[2:]
			}
			out = append(out, utterance{State: "place", Said: said, Want: c})
		case x < 0.75:
			s := states[r.IntN(len(states))]
			a := answers[s][r.IntN(len(answers[s]))]
			out = append(out, utterance{State: s, Said: a[0], Want: a[1]})
		default:
			out = append(out, utterance{State: states[r.IntN(len(states))], Said: others[r.IntN(len(others))]})
		}
	}
	return out
}

// speak says an utterance over a telephone line: 300 to 3400 Hz, noise, a level between −36 and −16 dBov, A-law.
func speak(ctx context.Context, u utterance, snr float64, r *rand.Rand) ([]int16, error) {
	out, err := exec.CommandContext(ctx, "espeak-ng", "-v", "fr+"+u.Voice, "-s", fmt.Sprint(130+r.IntN(40)), "-p", fmt.Sprint(35+r.IntN(30)), "--stdout", u.Said).Output()
	if err != nil {
		return nil, err
	}
	if len(out) < 44 {
		return nil, fmt.Errorf("espeak-ng said nothing")
	}
	rate := int(binary.LittleEndian.Uint32(out[24:]))
	wide := make([]int16, (len(out)-44)/2)
	for i := range wide {
		wide[i] = int16(binary.LittleEndian.Uint16(out[44+2*i:]))
	}
	down, err := media.NewResampler(rate, media.LineRate)
	if err != nil {
		return nil, err
	}
	pcm := make([]int16, 2400, 2400+len(wide))
	pcm = down.Flush(down.Process(pcm, wide))
	pcm = append(pcm, make([]int16, 4000)...)
	level, _ := media.ActiveLevelDBov(pcm, media.LineRate)
	gain := math.Pow(10, (-16-20*r.Float64()-level)/20)
	level += 20 * math.Log10(gain)
	noise := math.Pow(10, (level-snr)/20) * 32768
	var last, low float64
	for i, s := range pcm {
		x := float64(s)*gain + noise*r.NormFloat64()
		low += 0.21 * (x - low) // 300 Hz
		x -= low
		y := (x + last) / 2
		last = x
		pcm[i] = g711.DecodeAlawFrame(g711.EncodeAlawFrame(int16(min(max(y, -32768), 32767))))
	}
	return pcm, nil
}
