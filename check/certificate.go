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

// Certificates looks at the dates of certificates; the worst of them counts. They are read anew at each look, as whoever uses them does
// when they are renewed.
func Certificates(files []CertificateFile, warn time.Duration) func(context.Context) Verdict {
	return func(context.Context) Verdict {
		if len(files) == 0 {
			return Verdict{Unknown, "aucun certificat n'est utilisé"}
		}
		worst, said := OK, []string{}
		for _, f := range files {
			v := f.look(warn)
			said = append(said, f.Name+" : "+v.Reason)
			if v.State == Broken || worst == OK {
				worst = v.State
			}
		}
		return Verdict{worst, strings.Join(said, " ; ")}
	}
}

func (f CertificateFile) look(warn time.Duration) Verdict {
	at, err := f.Expires()
	switch left := time.Until(at); {
	case err != nil:
		return bad("illisible : %v", err)
	case left <= 0:
		return bad("expiré depuis le %s", at.Format("02/01/2006"))
	case left < warn:
		return doubtful("expire le %s, dans %d jours", at.Format("02/01/2006"), int(left.Hours()/24))
	default:
		return good("valable jusqu'au %s", at.Format("02/01/2006"))
	}
}
