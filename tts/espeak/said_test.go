package espeak

import (
	"os/exec"
	"strings"
	"testing"
)

// phonemes is what espeak-ng says for texts as the voice gets them, one a line, without stress and length.
func phonemes(t *testing.T, texts []string) []string {
	t.Helper()
	s := newSpelling(lexiconText)
	var in strings.Builder
	for _, text := range texts {
		in.WriteString(s.mend(text) + ".\n")
	}
	cmd := exec.Command("espeak-ng", "-v", "fr", "-q", "--ipa", "--stdin")
	cmd.Stdin = strings.NewReader(in.String())
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(strings.NewReplacer("ˈ", "", "ˌ", "", "ː", "", "-", "").Replace(string(out))), "\n")
}

// Words that espeak-ng reads wrong by itself, or that one might think it does, heard by its own phonemes.
func TestTrickyWordsAreSaidRight(t *testing.T) {
	realVoice(t, Config{})
	cases := []struct{ text, ipa string }{
		// "plus", "tous", "os", "cent", "vingt", "dix": by what stands beside them
		{"plus de soixante ans", "ply də swasɑ̃t ɑ̃"}, {"soixante ans et plus", "swasɑ̃t ɑ̃z e plys"}, {"cinq plus deux", "sɛ̃k plys dø"},
		{"plus trente-deux", "plys tʁɑ̃tdø"}, {"de plus en plus", "də plyz ɑ̃ plys"}, {"il n'y en a plus", "il ni ɑ̃n a ply"},
		{"tous les jours", "tu le ʒuʁ"}, {"ouvert à tous", "uvɛʁ a tus"}, {"tous niveaux", "tu nivo"}, {"tous et toutes", "tus e tut"},
		{"un os", "œ̃n ɔs"}, {"les os", "lez o"}, {"cent euros", "sɑ̃t øʁo"}, {"cent un", "sɑ̃ œ̃"}, {"vingt ateliers", "vɛ̃t atəlje"},
		{"six euros", "siz øʁo"}, {"six personnes", "si pɛʁsɔn"}, {"dix minutes", "di minyt"}, {"huit séances", "yi seɑ̃s"}, {"neuf heures", "nœv œʁ"},
		{"dix-huit heures", "dizyit œʁ"}, {"deux heures", "døz œʁ"}, {"quatre-vingt-onze ans", "katʁəvɛ̃ɔ̃z ɑ̃"},
		// letters
		{"esse aime esse", "es ɛm es"}, {"aime esse a", "ɛm es a"}, {"té euh erre", "te œ ɛʁ"}, {"cu erre", "ky ɛʁ"}, {"ache elle aime", "aʃ ɛl ɛm"},
		{"cé cé a esse", "se se a es"}, {"double vé cé", "dubl ve se"}, {"i grec", "i ɡʁɛk"}, {"effe erre", "ef ɛʁ"},
		// institutions
		{"la Carsat", "la kaʁsat"}, {"Asept Paca", "asɛpt paka"}, {"Ehpad", "epad"}, {"Urssaf", "yʁsaf"}, {"Ssiad", "sjad"},
		// places
		{"Caen", "kɑ̃"}, {"Auxerre", "osɛʁ"}, {"Auxonne", "osɔn"}, {"Bruxelles", "bʁysɛl"}, {"Metz", "mɛs"}, {"Sault", "so"}, {"Aix", "ɛks"}, {"Apt", "apt"},
		{"Uzès", "yzɛs"}, {"Alès", "alɛs"}, {"Sète", "sɛt"}, {"dans le Gers", "dɑ̃ lə ʒɛʁ"}, {"dans le Lot", "dɑ̃ lə lɔt"}, {"Lot-et-Garonne", "lɔteɡaʁɔn"},
		{"le lot numéro sept", "lə lo nymeʁo sɛt"}, {"Fréjus", "fʁeʒys"}, {"Le Thor", "lə tɔʁ"}, {"Sarthe", "saʁt"}, {"Doubs", "du"}, {"Corte", "kɔʁte"},
		{"Agde", "aɡd"}, {"Perpignan", "pɛʁpinjɑ̃"}, {"Castelnau-le-Lez", "kastɛlnoləlɛz"}, {"Saint-Étienne", "sɛ̃tetjɛn"},
		// health and leisure
		{"mal de dos", "mal də do"}, {"le rythme", "lə ʁitm"}, {"Alzheimer", "alzajmɛʁ"}, {"Parkinson", "paʁkinsɔn"}, {"stress", "stʁɛs"},
		{"aquagym", "akwaʒim"}, {"qi gong", "tʃi ɡɔ̃ɡ"}, {"tai chi", "taj ʃi"}, {"stretching", "stʁɛtʃiŋ"}, {"Tourcoing", "tuʁkwɛ̃"}, {"ses fils", "se fis"},
		{"le week-end", "lə wikɛnd"}, {"Facebook", "fɛsbuk"}, {"Scrabble", "skʁabl"}, {"place Kennedy", "plas kenedi"},
	}
	var texts []string
	for _, c := range cases {
		texts = append(texts, c.text)
	}
	said := phonemes(t, texts)
	if len(said) != len(cases) {
		t.Fatalf("%d lines for %d texts", len(said), len(cases))
	}
	for i, c := range cases {
		if got := strings.TrimSpace(said[i]); got != c.ipa {
			t.Errorf("%q is said %q, want %q", c.text, got, c.ipa)
		}
	}
}
