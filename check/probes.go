package check

import (
	"context"
	"fmt"
	"syscall"
	"time"

	"github.com/acotel/acotel-sbc/bench"
	"github.com/acotel/acotel-sbc/sip"
	"github.com/acotel/acotel-sbc/store"
)

func good(format string, args ...any) Verdict { return Verdict{OK, fmt.Sprintf(format, args...)} }

func bad(format string, args ...any) Verdict { return Verdict{Broken, fmt.Sprintf(format, args...)} }

func doubtful(format string, args ...any) Verdict {
	return Verdict{Degraded, fmt.Sprintf(format, args...)}
}

// Database writes a row and reads it back, each on its own connection.
func Database(db *store.DB) func(context.Context) Verdict {
	return func(ctx context.Context) Verdict {
		now := store.FormatTime(time.Now())
		_, err := db.ExecContext(ctx, `INSERT INTO check_links (name, state, since) VALUES ('.probe', 'ok', $1) ON CONFLICT (name) DO UPDATE SET since = excluded.since`, now)
		if err != nil {
			return bad("écriture impossible : %v", err)
		}
		var read string
		if err := db.QueryRowContext(ctx, "SELECT since FROM check_links WHERE name = '.probe'").Scan(&read); err != nil {
			return bad("lecture impossible : %v", db.Explain(err))
		}
		if read < now {
			return bad("ce qui vient d'être écrit n'est pas relu")
		}
		return good("écriture et lecture faites")
	}
}

// DiskNeeds are the limits below which a disk is full.
type DiskNeeds struct {
	FreeMB     uint64 // broken below, degraded below twice as much
	FreeInodes uint64 // likewise; file systems without a number of inodes have enough
}

// Disk looks at the free space and inodes of the file system of dir.
func Disk(dir string, need DiskNeeds) func(context.Context) Verdict {
	return func(context.Context) Verdict {
		var st syscall.Statfs_t
		if err := syscall.Statfs(dir, &st); err != nil {
			return bad("le dossier de données n'est pas lisible : %v", err)
		}
		freeMB := st.Bavail * uint64(st.Bsize) >> 20 //nolint:gosec // a size
		text := fmt.Sprintf("%d Mo libres", freeMB)
		if st.Files > 0 {
			text += fmt.Sprintf(", %d inodes libres", st.Ffree)
		}
		short := func(times uint64) bool {
			return freeMB < times*need.FreeMB || st.Files > 0 && st.Ffree < times*need.FreeInodes
		}
		switch {
		case short(1):
			return bad("%s, il en faut %d Mo et %d", text, need.FreeMB, need.FreeInodes)
		case short(2):
			return doubtful("%s, bientôt trop peu", text)
		}
		return good("%s", text)
	}
}

// Trunks tells of operators: broken when none that is watched works, degraded when one of them does not.
func Trunks(states func() []sip.TrunkState, skip string) func(context.Context) Verdict {
	return func(context.Context) Verdict {
		watched, down, why := 0, 0, ""
		for _, t := range states() {
			if t.Name == skip || !t.Watched {
				continue
			}
			watched++
			if !t.Up {
				down++
				why = t.Name + " : " + t.Reason
			}
		}
		switch {
		case watched == 0:
			return Verdict{Unknown, "aucun opérateur n'est surveillé (ni enregistrement, ni OPTIONS)"}
		case down == watched:
			return bad("%s", why)
		case down > 0:
			return doubtful("%d opérateurs sur %d, %s", watched-down, watched, why)
		}
		return good("%d joignables", watched)
	}
}

// CallSeen is what the service understood of a call of ours.
type CallSeen struct {
	Place bool // the place was understood
	Found bool // a search came to its end
}

// OwnCall makes a call that speaks or keys and must be understood.
type OwnCall struct {
	Caller   bench.Caller
	Endpoint func(ctx context.Context) (*sip.Endpoint, error)
	Seen     func() CallSeen // since Begin
	Begin    func()
	Busy     func() bool // callers need the slots: no call now
	ByVoice  bool        // for the reason
	// Served tells when a caller's search last came to its end; nil: it isn't known. A call of ours that fails while callers are served
	// is our own trouble: it closes nothing.
	Served func() time.Time
}

// servedSince is how long before our own call a caller may have been served for it to say something about the chain.
const servedSince = time.Minute

// Look makes the call.
func (o OwnCall) Look(ctx context.Context) Verdict {
	if o.Busy() {
		return good("pas d'appel de contrôle : toutes les lignes servent à des appelants")
	}
	ep, err := o.Endpoint(ctx)
	if err != nil {
		return Verdict{Unknown, "l'appel de contrôle n'a pas pu être préparé : " + err.Error()}
	}
	defer ep.Close()
	o.Begin()
	began := time.Now()
	report, _, err := o.Caller.Call(ctx, ep)
	return o.verdict(began, report, err)
}

// verdict judges a call that began then.
func (o OwnCall) verdict(began time.Time, report bench.Report, err error) Verdict {
	seen, how := o.Seen(), "au clavier"
	if o.ByVoice {
		how = "à la voix"
	}
	var v Verdict
	switch {
	case err != nil:
		v = bad("l'appel n'a pas été pris : %v", err)
	case report.Heard.SpeechSeconds < 1:
		v = bad("l'appel est resté muet (%.1f s de parole)", report.Heard.SpeechSeconds)
	case !seen.Place:
		v = bad("l'appel %s n'a pas été compris", how)
	case !seen.Found:
		v = bad("l'appel %s a été compris, mais la recherche n'a pas abouti", how)
	default:
		return good("appel %s compris en %.0f s, recherche faite", how, float64(report.DurationMS)/1000)
	}
	if o.Served != nil && o.Served().After(began.Add(-servedSince)) {
		return doubtful("%s, alors que des appelants sont servis", v.Reason)
	}
	return v
}
