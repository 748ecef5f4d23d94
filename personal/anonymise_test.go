package personal

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestAnonymise(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		// what stays
		{"nothing to hide", "Bonjour, je cherche un atelier mémoire à Carpentras.", "Bonjour, je cherche un atelier mémoire à Carpentras."},
		{"empty", "", ""},
		{"postal code", "j'habite au 84000", "j'habite au 84000"},
		{"postal code in words", "quatre-vingt-quatre mille", "quatre-vingt-quatre mille"},
		{"postal code in parts", "treize zéro zéro huit", "treize zéro zéro huit"},
		{"age", "j'ai quatre-vingt-deux ans et demi", "j'ai quatre-vingt-deux ans et demi"},
		{"year", "en deux mille vingt-six", "en deux mille vingt-six"},
		{"hours", "de 14 h 30 à 16 h 30", "de 14 h 30 à 16 h 30"},
		{"postal code and a count", "84000, pour 2 personnes", "84000, pour 2 personnes"},
		{"postal code then an article", "quatre-vingt-quatre mille, un atelier", "quatre-vingt-quatre mille, un atelier"},
		{"subject of a workshop", "le sommeil, la mémoire, les chutes, bien dans sa tête", "le sommeil, la mémoire, les chutes, bien dans sa tête"},
		{"town called after a saint", "à Saint-Étienne ou Saint Laurent du Var", "à Saint-Étienne ou Saint Laurent du Var"},
		{"town with a first name in it", "Château-Thierry", "Château-Thierry"},
		{"courses", "il y a deux cours de gym", "il y a deux cours de gym"},
		{"seats", "il reste de la place ? deux places", "il reste de la place ? deux places"},
		{"street without a name", "c'est dans ma rue, il y a du bruit", "c'est dans ma rue, il y a du bruit"},
		{"politeness", "merci madame, au revoir monsieur", "merci madame, au revoir monsieur"},
		{"a title and a verb", "madame je voudrais un atelier", "madame je voudrais un atelier"},
		{"acronym spelled", "le C C A S de la ville", "le C C A S de la ville"},
		{"negation", "je ne le sais pas", "je ne le sais pas"},
		{"one yes", "oui", "oui"},

		// names
		{"introduction", "Je m'appelle Jeanne Martin et j'habite à Avignon", "Je m'appelle [nom] et j'habite à Avignon"},
		{"introduction, typographic apostrophe", "je m’appelle Martin", "je m’appelle [nom]"},
		{"introduction in small letters", "je m'appelle jeanne martin et j'habite à avignon", "je m'appelle [nom] et j'habite à avignon"},
		{"introduction with hesitation", "je m'appelle, euh, madame Durand", "je m'appelle, euh, madame [nom]"},
		{"compound name", "mon nom est Jean-Pierre de La Tour", "mon nom est [nom]"},
		{"title", "c'est madame Martin", "c'est madame [nom]"},
		{"title in small letters", "c'est madame martin à carpentras", "c'est madame [nom] à carpentras"},
		{"title abbreviated", "Mme Le Goff", "Mme [nom]"},
		{"title and particle", "monsieur de la tour", "monsieur [nom]"},
		{"on the line", "bonjour jeanne martin à l'appareil", "bonjour [nom] à l'appareil"},
		{"spelled", "ça s'écrit D U P O N T", "ça s'écrit [nom]"},
		{"spelled with dashes", "d-u-p-o-n-t", "[nom]"},
		{"first name and name", "oui c'est Jeanne Martin", "oui c'est [nom]"},
		{"first name and name in small letters", "c'est jeanne martin", "c'est [nom]"},
		{"first name alone", "Monique voudrait venir", "[nom] voudrait venir"},
		{"husband", "mon mari s'appelle Roger", "mon mari s'appelle [nom]"},
		{"birth name", "Madame Martin née Durand", "Madame [nom] née [nom]"},

		// numbers
		{"phone", "mon numéro c'est le 06 39 98 00 01", "mon numéro c'est le [numéro]"},
		{"phone without spaces", "0639980001", "[numéro]"},
		{"phone with dots", "01.99.00.12.34", "[numéro]"},
		{"phone with commas", "06, 39, 98, 00, 01", "[numéro]"},
		{"phone with country code", "+33 6 39 98 00 01.", "[numéro]."},
		{"phone in words", "zéro six trente-neuf quatre-vingt-dix-huit zéro zéro zéro un", "[numéro]"},
		{"phone half in words", "06 trente-neuf quatre-vingt dix-huit 00 01", "[numéro]"},
		{"postal code and phone", "84000 06 39 98 00 01", "84000 [numéro]"},
		{"two groups of five", "06399 80001", "[numéro]"},
		{"social security", "1 42 03 84 007 123 45", "[numéro]"},
		{"nine digits, one group of five", "0639 98000", "[numéro]"},

		// e-mail
		{"e-mail", "écrivez à jeanne.martin@exemple.fr.", "écrivez à [courriel]."},
		{"e-mail said", "c'est jeanne point martin arobase exemple point fr merci", "c'est [courriel] merci"},
		{"e-mail with figures", "jm84@exemple.fr", "[courriel]"},

		// addresses
		{"address", "12 rue de la République à Avignon", "[adresse] à Avignon"},
		{"address and postal code", "12 bis, avenue Jean Jaurès 84000 Avignon", "[adresse] 84000 Avignon"},
		{"address in words", "j'habite douze rue des lilas à carpentras", "j'habite [adresse] à carpentras"},
		{"street without number", "rue Pierre et Marie Curie, à Nîmes", "[adresse], à Nîmes"},
		{"date in a street", "3 rue du 8 mai 1945", "[adresse]"},
		{"square", "place de la Mairie", "[adresse]"},
		{"cours with a number", "24 cours Mirabeau à Aix", "[adresse] à Aix"},

		// dates of birth, health
		{"birth", "je suis née le 12 mars 1942 à Lyon", "je suis née le [date] à Lyon"},
		{"birth in words", "je suis né le douze mars mille neuf cent quarante-deux", "je suis né le [date]"},
		{"birth in figures", "née le 12/03/1942", "née le [date]"},
		{"illness", "j'ai la maladie d'Alzheimer et du diabète", "j'ai la maladie d'[santé] et du [santé]"},
		{"two words", "j'ai fait une crise cardiaque", "j'ai fait une [santé]"},
		{"despair", "j'ai envie de mourir", "j'ai [santé]"},
		{"marks stay", "je m'appelle [nom], [numéro]", "je m'appelle [nom], [numéro]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := Anonymise(c.in)
			if got != c.want {
				t.Errorf("Anonymise(%q)\n got %q\nwant %q", c.in, got, c.want)
			}
			if again := Anonymise(got); again != got {
				t.Errorf("a second time: %q", again)
			}
		})
	}
}

// Every way of saying a number of ten digits must be recognised as long, every postal code as short.
func TestSpokenDigits(t *testing.T) {
	for words, want := range map[string]int{
		"zéro": 1, "dix": 2, "dix-sept": 2, "vingt et un": 2, "soixante-dix": 2, "soixante et onze": 2, "quatre-vingts": 2, "quatre-vingt-dix-neuf": 2,
		"cent": 3, "deux cents": 3, "cent vingt-trois": 3, "mille": 4, "mille neuf cent quarante-deux": 4, "deux mille vingt-six": 4,
		"quatre-vingt-quatre mille": 5, "treize mille huit": 5, "six mille": 4, "zéro six deux cents": 5, "septante-trois": 2,
		"zéro six": 2, "un deux trois": 3, "quarante-deux douze": 4, "vingt vingt": 4, "trois quatre-vingt": 3, "nonante-neuf": 2,
		"quatre-vingt-quatre mille deux cent dix": 5,
	} {
		s := &sentence{text: words, lex: anonymiser()}
		s.cut()
		if got := s.digits(0, len(s.toks)); got != want {
			t.Errorf("%q: %d digits, want %d", words, got, want)
		}
	}
}

func FuzzAnonymise(f *testing.F) {
	for _, s := range []string{"", "je m'appelle Jeanne Martin", "06 39 98 00 01", "12 rue de la Paix à Avignon", "a@b.fr", "[nom] [", "84000 1234567",
		"zéro six trente-neuf", "madame\u00a0Martin", "née le 12/03/1942", "d u p o n t à l'appareil", "\xff\xfe", "un arobase b point", "d'Alzheimer"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := Anonymise(s)
		if again := Anonymise(got); again != got {
			t.Errorf("Anonymise(%q) = %q, a second time %q", s, got, again)
		}
		if utf8.ValidString(s) && !utf8.ValidString(got) {
			t.Errorf("Anonymise(%q) = %q is not UTF-8", s, got)
		}
		run := 0
		for _, r := range got {
			if unicode.IsDigit(r) {
				run++
			} else {
				run = 0
			}
			if run >= longNumber {
				t.Fatalf("Anonymise(%q) = %q shows a long number", s, got)
			}
		}
	})
}

func BenchmarkAnonymise(b *testing.B) {
	text := strings.Repeat("je voudrais un atelier mémoire à carpentras ", 2) + "c'est madame martin"
	b.ReportAllocs()
	for b.Loop() {
		Anonymise(text)
	}
}
