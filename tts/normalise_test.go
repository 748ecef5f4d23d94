package tts

import (
	"strings"
	"testing"
)

func testNormaliser(t testing.TB) *normaliser {
	t.Helper()
	n, err := newNormaliser(frenchWords)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestNormalise(t *testing.T) {
	n := testNormaliser(t)
	for _, c := range []struct{ name, in, want string }{
		{"plain", "Bonjour, je vous écoute.", "Bonjour, je vous écoute."},
		{"question", "Voulez-vous continuer ?", "Voulez-vous continuer ?"},
		{"telephone", "Appelez le 01 99 00 12 34.", "Appelez le zéro un, quatre-vingt-dix-neuf, zéro zéro, douze, trente-quatre."},
		{"telephone with dots", "Tél. : 06.39.98.01.02", "Téléphone: zéro six, trente-neuf, quatre-vingt-dix-huit, zéro un, zéro deux"},
		{"telephone in one piece", "0199001234", "zéro un, quatre-vingt-dix-neuf, zéro zéro, douze, trente-quatre"},
		{"telephone, no-break spaces", "01\u00a099\u00a000\u202f12\u00a034", "zéro un, quatre-vingt-dix-neuf, zéro zéro, douze, trente-quatre"},
		{"international", "+33 6 39 98 00 01", "zéro six, trente-neuf, quatre-vingt-dix-huit, zéro zéro, zéro un"},
		{"overseas", "+262 639 98 00 01", "zéro six, trente-neuf, quatre-vingt-dix-huit, zéro zéro, zéro un"},
		{"free number", "0 800 12 34 56", "zéro huit, zéro zéro, douze, trente-quatre, cinquante-six"},
		{"foreign", "+32 2 555 12 12", "plus trente-deux, deux, cinq cent cinquante-cinq, douze, douze"},
		{"3960", "Composez le 3960.", "Composez le trente-neuf soixante."},
		{"3114", "Appelez le 3114, c'est gratuit.", "Appelez le trente et un quatorze, c'est gratuit."},
		{"112", "Le 15 ou le 112.", "Le quinze ou le cent douze."},
		{"116 117", "le 116 117", "le cent seize, cent dix-sept"},
		{"3960 counted", "3960 habitants", "trois mille neuf cent soixante habitants"},
		{"prefecture code", "84000 Avignon", "quatre-vingt-quatre mille Avignon"},
		{"arrondissement", "13008 Marseille", "treize, zéro zéro huit Marseille"},
		{"code counted", "13008 habitants", "treize mille huit habitants"},
		{"long date", "Mardi 14 mai", "Mardi quatorze mai"},
		{"date with year", "le 14 mai 2026", "le quatorze mai deux mille vingt-six"},
		{"first of the month", "le 1er mai", "le premier mai"},
		{"first of the month, bare", "le 1 avril", "le premier avril"},
		{"short date", "mar. 14/05/26", "mardi quatorze mai deux mille vingt-six"},
		{"day and month", "le 14/05", "le quatorze mai"},
		{"ISO date", "2026-05-14", "quatorze mai deux mille vingt-six"},
		{"month cut short", "sam. 3 janv.", "samedi trois janvier."},
		{"no month", "14 décédés", "quatorze décédés"},
		{"date and hour", "mardi 14 mai 14h30", "mardi quatorze mai quatorze heures trente"},
		{"hour", "à 14h30", "à quatorze heures trente"},
		{"hour with spaces", "à 14 h 30.", "à quatorze heures trente."},
		{"full hour", "à 9h00", "à neuf heures"},
		{"hour, then a word", "de 14 h à 16 h", "de quatorze heures à seize heures"},
		{"hour by colon", "10:05", "dix heures cinq"},
		{"hour range", "14h-16h30", "quatorze heures à seize heures trente"},
		{"hour range, one sign", "14-16h", "quatorze heures à seize heures"},
		{"twenty-one hours", "21h", "vingt et une heures"},
		{"duration", "1 h 30 min", "une heure trente"},
		{"hours in words", "21 heures 30", "vingt et une heures trente"},
		{"price", "5 €", "cinq euros"},
		{"one euro", "1€", "un euro"},
		{"price with cents", "5,50 €", "cinq euros cinquante"},
		{"price with few cents", "12.05 €", "douze euros zéro cinq"},
		{"cents only", "0,50 €", "cinquante centimes"},
		{"round price", "20,00 €", "vingt euros"},
		{"nothing to pay", "Prix : gratuit", "Prix: gratuit"},
		{"thousands", "1 200 €", "mille deux cents euros"},
		{"millions", "2 000 000 €", "deux millions d'euros"},
		{"price per person", "5 €/pers.", "cinq euros par personne."},
		{"price range", "5-10 €", "cinq à dix euros"},
		{"price in words", "5 euros", "cinq euros"},
		{"distance", "à 2,5 km", "à deux virgule cinq kilomètres"},
		{"one kilometre", "1 km", "un kilomètre"},
		{"kilometres at the end", "à 12 km.", "à douze kilomètres."},
		{"per cent", "10 %", "dix pour cent"},
		{"minutes", "45 min de marche", "quarante-cinq minutes de marche"},
		{"metre or m'", "2 m'ont dit", "deux m'ont dit"},
		{"ages", "60-75 ans", "soixante à soixante-quinze ans"},
		{"avenue", "12 av. Jean-Jaurès", "douze avenue Jean-Jaurès"},
		{"boulevard", "3 bd Gambetta", "trois boulevard Gambetta"},
		{"saint", "St-Rémy", "Saint-Rémy"},
		{"sainte", "Ste Maxime", "Sainte Maxime"},
		{"street", "4, r. de la Paix", "quatre, rue de la Paix"},
		{"monsieur", "M. Dupont", "Monsieur Dupont"},
		{"madame", "Mme Dupont", "Madame Dupont"},
		{"et cetera", "Mémoire, équilibre, etc.", "Mémoire, équilibre, et cétéra."},
		{"numéro", "n° 3", "numéro trois"},
		{"numéro glued", "N°12", "numéro douze"},
		{"CCAS", "au CCAS d'Apt", "au cé cé a esse d'Apt"},
		{"C.C.A.S.", "au C.C.A.S. d'Apt", "au cé cé a esse d'Apt"},
		{"MSA", "la MSA", "la aime esse a"},
		{"SMS", "par SMS.", "par esse aime esse."},
		{"CARSAT", "la CARSAT", "la Carsat"},
		{"capitals", "SALLE DES FÊTES, RUE DU PORT", "Salle Des Fêtes, Rue Du Port"},
		{"unknown without vowel", "le CCRPT", "le cé cé erre pé té"},
		{"first", "le 1er étage", "le premier étage"},
		{"first, feminine", "la 1ère séance", "la première séance"},
		{"second", "le 2e et le 3ème", "le deuxième et le troisième"},
		{"2nd", "2nd tour", "second tour"},
		{"century", "XXe siècle", "vingtième siècle"},
		{"pope", "place Jean XXIII", "place Jean vingt-trois"},
		{"no Roman", "VIVIX", "Vivix"},
		{"one session", "1 séance", "une séance"},
		{"twenty-one sessions", "21 séances", "vingt et une séances"},
		{"one workshop", "1 atelier", "un atelier"},
		{"half day", "1/2 journée", "une demi-journée"},
		{"day and month, no leading zero", "10/12", "dix décembre"},
		{"share", "8/10 places", "huit sur dix places"},
		{"all day", "24h/24 et 7j/7", "vingt-quatre heures sur vingt-quatre et sept jours sur sept"},
		{"room", "salle B12", "salle bé douze"},
		{"department", "2A", "deux a"},
		{"leading zeros", "007", "zéro zéro sept"},
		{"law of 1901", "loi 1901", "loi mille neuf cent un"},
		{"decimals", "3,14", "trois virgule quatorze"},
		{"thousands in a sentence", "1 437 codes", "mille quatre cent trente-sept codes"},
		{"mail", "contact@asept.fr", "contact arobase asept point effe erre"},
		{"web", "Voir www.asept-paca.fr/ateliers.", "Voir trois double vé point asept tiret paca point effe erre barre ateliers."},
		{"parentheses", "Avignon (Vaucluse) demain", "Avignon, Vaucluse, demain"},
		{"hash key", "puis sur #.", "puis sur dièse."},
		{"star key", "Tapez *", "Tapez étoile"},
		{"emphasis", "**Bonjour**", "Bonjour"},
		{"older than 60", "60 ans et +", "soixante ans et plus"},
		{"river", "L'Isle s/ Sorgue", "L'Isle sur Sorgue"},
		{"voice commands", "[[h@loU]] <break/> |bonjour|", "ache arobase lo u bonjour"},
		{"emoji", "Bravo 🎉 !", "Bravo !"},
		{"dashes", "Atelier – mémoire - Apt", "Atelier, mémoire, Apt"},
		{"decomposed", "Me\u0301moire", "Mémoire"},
		{"nothing to say", " ... – 🎉 ", ""},
		{"long number", "12345678901234567890", "douze, trente-quatre, cinquante-six, soixante-dix-huit, quatre-vingt-dix, douze, trente-quatre, cinquante-six, soixante-dix-huit, quatre-vingt-dix"},
		{"short words at the end stay", "Le port.", "Le port."},
		{"commune named like an abbreviation", "Apt.", "Apt."},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := n.Normalise(c.in); got != c.want {
				t.Errorf("%q\n got %q\nwant %q", c.in, got, c.want)
			}
		})
	}
}

// What leaves Normalise has no digit and no sign but punctuation, whatever went
// in, and saying it again changes nothing that a voice would read differently.
func FuzzNormalise(f *testing.F) {
	for _, s := range []string{"01 99 00 12 34", "3960", "14h30-16h", "5,50 €/séance", "L'Isle s/ Sorgue", "XXe", "1/2 j", "+33", "+262639980001",
		"7j/7", "n°", "a.b.c.", "C.C.A.S.", "*#*", "12:61", "32/13/2026", "²", "٣", "é\u0301", "00 00000", "1 2 3 4 5 6 7 8 9 0", "www.", "@", "12 pers. max.", "1er ét., salle 3",
		"pl , .", "lun.-ven.", "Retraité(e)s", "ATELIER A APT", "av. J.-C.", "> 60 ans", "de 7. a", "l' x", "aBC", "A.-B.", "½", "№ 3"} {
		f.Add(s)
	}
	n := testNormaliser(f)
	f.Fuzz(func(t *testing.T, in string) {
		if len(in) > 400 {
			return
		}
		out := n.Normalise(in)
		for _, r := range out {
			if !isLatin(r) && !strings.ContainsRune(" '-,.;:!?", r) {
				t.Fatalf("%q: %q left in %q", in, r, out)
			}
		}
		if strings.Contains(out, "  ") || out != strings.TrimSpace(out) {
			t.Fatalf("%q: stray spaces in %q", in, out)
		}
		if again := n.Normalise(out); again != out {
			t.Fatalf("%q: %q is said again as %q", in, out, again)
		}
	})
}

func TestWordListIsSound(t *testing.T) {
	n := testNormaliser(t)
	for _, section := range []string{"abbreviations", "days", "months", "month_names", "units", "counted", "feminine", "letters", "spelled", "words", "signs", "phrases", "closers",
		"feminine_endings", "masculine", "patterns"} {
		if len(n.lex.sections[section]) == 0 {
			t.Errorf("section %q is empty", section)
		}
	}
	for _, bad := range []string{"x = y", "[a]\nno sign", "[units]\nkm = kilomètre", "[patterns]\n( = x"} {
		if _, err := readLexicon(bad); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}
