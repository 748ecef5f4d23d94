package privacy

import (
	"fmt"
	"io"
	"strings"
	"time"
)

const (
	frenchMoment = "02/01/2006 à 15:04"
	frenchDay    = "02/01/2006"
)

// paris is where the dates that people read are: the machine may keep UTC.
func paris() *time.Location {
	if l, err := time.LoadLocation("Europe/Paris"); err == nil { // record brings the zone files
		return l
	}
	return time.Local
}

// French writes a moment as people in France read it.
func French(at time.Time) string { return at.In(paris()).Format(frenchMoment) }

// WriteText prints what was destroyed, in French.
func (p Purge) WriteText(w io.Writer) error {
	var b strings.Builder
	verb := "Détruit"
	if p.DryRun {
		verb = "À détruire"
	}
	fmt.Fprintf(&b, "%s le %s, par %s\n", verb, p.At.In(paris()).Format(frenchMoment), p.By)
	for _, d := range p.Destroyed {
		span := ""
		if d.From != nil && d.To != nil {
			span = fmt.Sprintf(", du %s au %s", d.From.In(paris()).Format(frenchDay), d.To.In(paris()).Format(frenchDay))
		}
		fmt.Fprintf(&b, "  %6d  %s%s (conservation : %s)\n", d.Count, d.Label, span, days(d.Days))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// WriteText prints a dossier, in French.
func (d Dossier) WriteText(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Numéro %s, au %s\n", d.Number, d.At.In(paris()).Format(frenchMoment))
	fmt.Fprintf(&b, "\nAppels : %d\n", len(d.Calls))
	for _, c := range d.Calls {
		fmt.Fprintf(&b, "\n%s  %s\n", c.StartedAt.Format(frenchMoment), c.ID)
		for _, f := range c.Facts {
			if text, ok := f.Data["text"].(string); ok {
				fmt.Fprintf(&b, "  %s  %s : %s\n", f.At.In(paris()).Format("15:04:05"), f.Kind, text)
			} else {
				fmt.Fprintf(&b, "  %s  %s\n", f.At.In(paris()).Format("15:04:05"), f.Kind)
			}
		}
	}
	fmt.Fprintf(&b, "\nSMS : %d\n", len(d.SMS))
	for _, m := range d.SMS {
		fmt.Fprintf(&b, "  %s  %s, accord : « %s »\n    %s\n", m.SentAt, m.State, m.Consent, m.Text)
	}
	for _, r := range d.Blocked {
		fmt.Fprintf(&b, "\nAucun SMS depuis le %s : %s\n", r.Since, r.Reason)
	}
	for _, c := range d.Captures {
		fmt.Fprintf(&b, "\nCapture de diagnostic de l'appel %s, du %s, avec le son : %s\n", c.Call, c.At.In(paris()).Format(frenchMoment), c.File)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
