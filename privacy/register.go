package privacy

import (
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/acotel/acotel-sbc/config"
)

// recipients lists the outside services that a configuration lets personal data go to: what, to whom.
func recipients(c config.Config) [][2]string {
	var out [][2]string
	add := func(what, to string) { out = append(out, [2]string{what, to}) }
	for _, t := range c.Trunks {
		add("Opérateur téléphonique « "+t.Name+" »", "appels : numéros, signalisation, son en direct")
	}
	switch s := c.SMS; s.Provider {
	case "http":
		add("Fournisseur de SMS ("+host(s.HTTP.URL)+")", "numéro du mobile et texte du SMS")
	case "ovh":
		add("Fournisseur de SMS OVHcloud", "numéro du mobile et texte du SMS")
	case "brevo":
		add("Fournisseur de SMS Brevo", "numéro du mobile et texte du SMS")
	}
	for _, b := range c.ASR.Backends {
		at := map[string]string{"wyoming": c.ASR.Wyoming.Address, "openai": host(c.ASR.OpenAI.URL), "vosk": host(c.ASR.Vosk.URL)}[b]
		if at != "" {
			add("Reconnaissance de la parole "+b+" ("+at+")", "son des tours de parole, sans numéro")
		}
	}
	for _, b := range c.TTS.Backends {
		at := map[string]string{"wyoming": c.TTS.Wyoming.Address, "openai": host(c.TTS.OpenAI.URL)}[b]
		if at != "" {
			add("Voix de synthèse "+b+" ("+at+")", "texte des messages, dont les lieux demandés")
		}
	}
	if m := c.Dialog.NLU.Model; m.URL != "" {
		add("Modèle de langage "+m.Name+" ("+host(m.URL)+")", "phrases anonymisées que nos règles ne comprennent pas")
	}
	for _, u := range c.Softphone.STUN {
		add("Serveur STUN du téléphone d'essai ("+u+")", "adresse IP des testeurs")
	}
	if u := c.Softphone.TURN.URL; u != "" {
		add("Relais TURN du téléphone d'essai ("+u+")", "adresse IP des testeurs, son chiffré de leurs appels")
	}
	if c.Data.Database != "" {
		add("Serveur PostgreSQL (data.database)", "tout ce qui est conservé")
	}
	return out
}

// host leaves out of an address what may be secret: user, path, query.
func host(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return strings.SplitN(address, "/", 2)[0]
	}
	return u.Host
}

// WriteRegister writes the register of processing (GDPR article 30) of an instance, in French Markdown, as its configuration has it.
func WriteRegister(w io.Writer, c config.Config) error {
	orMissing := func(s string) string {
		if s == "" {
			return "**à renseigner**"
		}
		return s
	}
	p, k := c.Privacy, c.Privacy.Retention
	var b strings.Builder
	fmt.Fprintf(&b, "# Registre des activités de traitement\n\nÉtabli d'après la configuration de l'instance.\n\n- Responsable du traitement : %s (`privacy.controller`)\n- Sous-traitant : %s (`privacy.processor`)\n"+
		"- Délégué à la protection des données : %s (`privacy.contact`)\n- Hébergement : %s\n\n", orMissing(p.Controller), orMissing(p.Processor), orMissing(p.Contact), orMissing(p.Hosting))
	fmt.Fprintf(&b, "## Traitement : renseigner par téléphone sur les ateliers de prévention\n\nFinalités : répondre aux appels, trouver les ateliers proches, envoyer un SMS à qui l'accepte, mesurer le service.\n"+
		"Personnes : les appelants, en majorité retraités. Aucune décision automatisée n'a d'effet juridique.\n\n| données | forme conservée | durée |\n|---|---|---|\n")
	health := "maladies masquées"
	if !p.HideHealth {
		health = "maladies NON masquées (`privacy.hide_health: false`)"
	}
	captures := "aucune capture n'est permise"
	if c.Capture.MaxMB > 0 {
		captures = fmt.Sprintf("%d h", c.Capture.KeepHours)
	}
	recorded := "aucun enregistrement n'est permis"
	if c.Softphone.RecordingHours > 0 {
		recorded = fmt.Sprintf("%d h", c.Softphone.RecordingHours)
	}
	for _, r := range [][3]string{
		{"Numéro de l'appelant", "4 derniers chiffres masqués, et empreinte à clé (HMAC-SHA-256)", days(k.NumbersDays)},
		{"Paroles de l'appelant", "texte anonymisé à l'écriture (noms, numéros, adresses, courriels, dates de naissance ; " + health + ") ; jamais de son", days(k.TranscriptsDays)},
		{"Déroulement de l'appel", "faits datés, lieu demandé (code postal), statuts, note", days(k.CallsDays) + ", puis chiffres anonymes à la demi-heure"},
		{"SMS", "numéro en clair jusqu'à la remise ou l'abandon (" + fmt.Sprint(c.SMS.ExpiryHours) + " h au plus), texte, consentement et son heure", days(k.SMSDays)},
		{"Opposition aux SMS", "empreinte à clé", days(k.BlockedDays)},
		{"Captures de diagnostic", "signalisation et son d'un appel choisi, seulement sur demande", captures},
		{"Enregistrements du téléphone d'essai", "son d'un appel de testeur, seulement à sa demande", recorded},
		{"Signalements du téléphone d'essai", "texte anonymisé et commentaire", days(k.TranscriptsDays)},
		{"Journal du programme", "sans numéro en clair, tenu par le système", days(k.LogsDays)},
		{"Journal des accès, registre des violations", "chaîné par empreintes", days(k.AuditDays)},
		{"Sauvegardes", "dossier `" + Backups + "`", days(k.BackupsDays)},
	} {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", r[0], r[1], r[2])
	}
	b.WriteString("\n## Destinataires hors de l'instance\n\n")
	list := recipients(c)
	if len(list) == 0 {
		b.WriteString("Aucun : rien ne sort de la machine.\n")
	} else {
		b.WriteString("| service | données transmises |\n|---|---|\n")
	}
	for _, r := range list {
		fmt.Fprintf(&b, "| %s | %s |\n", r[0], r[1])
	}
	b.WriteString("\nChacun doit être hébergé en France ou dans l'Union européenne (G6) et lié par contrat.\n\n## Sécurité\n\nNuméros et paroles dans des types qui ne s'impriment pas, secrets hors de la configuration, " +
		"base et clés lisibles du seul service, purge automatique avec certificat, journal des accès infalsifiable sans trace. Voir docs/rgpd.md.\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func days(n int) string {
	if n < 2 {
		return fmt.Sprintf("%d jour", n)
	}
	return fmt.Sprintf("%d jours", n)
}
