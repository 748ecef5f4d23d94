package check

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

// CertificateFile is a PEM file whose dates are watched.
type CertificateFile struct {
	Name      string // for people
	Path      string
	Authority bool // certificates of authorities, of which one that is good is enough
}

// Expires reads the file and tells when it ends: our certificate, the first of its file, or the last of the authorities.
func (f CertificateFile) Expires() (time.Time, error) {
	text, err := os.ReadFile(f.Path)
	if err != nil {
		return time.Time{}, fmt.Errorf("check: %w", err)
	}
	var ends time.Time
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return time.Time{}, fmt.Errorf("check: %s: %w", f.Path, err)
		}
		if c.NotAfter.After(ends) {
			ends = c.NotAfter
		}
		if !f.Authority {
			break
		}
	}
	if ends.IsZero() {
		return ends, fmt.Errorf("check: %s: %w", f.Path, errNoCertificate)
	}
	return ends, nil
}

var errNoCertificate = errors.New("no certificate in PEM form")

// Dated is a certificate whose end is known from elsewhere: what a peer showed us.
type Dated struct {
	Name    string // for people
	Expires time.Time
	Shown   time.Time
}

// judge is the verdict on it. One that ended after it was shown says little: a connection may last longer, and the next one shows another.
func (d Dated) judge(warn time.Duration) Verdict {
	v := judge(d.Expires, nil, warn)
	if v.State == Broken && d.Shown.Before(d.Expires) {
		return doubtful("%s ; aucune connexion depuis le %s, la prochaine dira s'il a été renouvelé", v.Reason, d.Shown.Format("02/01/2006"))
	}
	return v
}

// Certificates looks at the dates of certificates; the worst of them counts. Files are read anew at each look, as whoever uses them does
// when they are renewed; shown gives those of peers, as they were seen last.
func Certificates(files []CertificateFile, shown func() []Dated, warn time.Duration) func(context.Context) Verdict {
	return func(context.Context) Verdict {
		type looked struct {
			name string
			Verdict
		}
		var all []looked
		for _, f := range files {
			at, err := f.Expires()
			all = append(all, looked{f.Name, judge(at, err, warn)})
		}
		for _, d := range shown() {
			all = append(all, looked{d.Name, d.judge(warn)})
		}
		if len(all) == 0 {
			return Verdict{Unknown, "aucun certificat n'est utilisé"}
		}
		worst, said := OK, []string{}
		for _, v := range all {
			said = append(said, v.name+" : "+v.Reason)
			if v.State == Broken || worst == OK {
				worst = v.State
			}
		}
		return Verdict{worst, strings.Join(said, " ; ")}
	}
}

// judge tells how a certificate is that ends at a moment, or can't be read.
func judge(at time.Time, err error, warn time.Duration) Verdict {
	switch left := time.Until(at); {
	case err != nil:
		return bad("illisible : %v", err)
	case left <= 0:
		return bad("expiré depuis le %s", at.Format("02/01/2006"))
	case left < warn:
		when := "dans moins d'un jour"
		if n := int(left.Hours() / 24); n == 1 {
			when = "dans 1 jour"
		} else if n > 1 {
			when = fmt.Sprintf("dans %d jours", n)
		}
		return doubtful("expire le %s, %s", at.Format("02/01/2006"), when)
	default:
		return good("valable jusqu'au %s", at.Format("02/01/2006"))
	}
}
