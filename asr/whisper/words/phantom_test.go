package words

import "testing"

func TestPhantomsAreTakenOut(t *testing.T) {
	p := newPhantoms(phantomText)
	for _, c := range []struct{ text, want string }{
		{"Sous-titres réalisés par la communauté d'Amara.org", ""},
		{"Sous-titres réalisés para la communauté d'Amara.org", ""},
		{"Sous-titrage Société Radio-Canada", ""},
		{"Sous-titrage ST' 501", ""},
		{"❤️ par SousTitreur.com", ""},
		{"Merci d'avoir regardé cette vidéo !", ""},
		{"merci d’avoir regardé", ""},
		{"Abonnez-vous à la chaîne !", ""},
		{"Je vous retrouve dans la prochaine vidéo.", ""},
		{"Musique de générique", ""},
		{"Je cherche un atelier mémoire. Merci d'avoir regardé cette vidéo !", "Je cherche un atelier mémoire."},
		{"Sous-titrage MFP. À Carpentras.", "À Carpentras."},
		// What callers may say stays.
		{"Merci.", "Merci."},
		{"Merci beaucoup, au revoir.", "Merci beaucoup, au revoir."},
		{"Je cherche un atelier de musique.", "Je cherche un atelier de musique."},
		{"C'est pour la musique.", "C'est pour la musique."},
		{"J'ai vu votre vidéo.", "J'ai vu votre vidéo."},
		{"Il faut s'abonner ?", "Il faut s'abonner ?"},
		{"Oui.", "Oui."},
		{"Je n'ai pas compris ce bruit de fond.", "Je n'ai pas compris ce bruit de fond."},
		{"Je cherche une nouvelle activité.", "Je cherche une nouvelle activité."},
		{"", ""},
	} {
		got, some := p.without(c.text)
		if got != c.want || some != (c.text != c.want) {
			t.Errorf("%q became %q (%v), want %q", c.text, got, some, c.want)
		}
	}
}

func TestSentencesEndBehindTheirSign(t *testing.T) {
	for text, want := range map[string]int{
		"":                        0,
		"Oui.":                    1,
		"Oui. Non !  Ah… bon":     4,
		"À 10.30 h, n° 3.2, oui?": 1,
	} {
		if got := sentences(text); len(got) != want {
			t.Errorf("%q has %d sentences %q, want %d", text, len(got), got, want)
		}
	}
}
