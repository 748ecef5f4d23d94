package softphone

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"sync"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/alexedwards/scs/v2/memstore"

	"github.com/acotel/acotel-sbc/store"
)

// Links let a person in once. Of a link only the hash is kept.
type Links struct{ DB *store.DB }

// Make gives a new link's secret, which is shown once and never again.
func (l Links) Make(ctx context.Context, by, note string, valid time.Duration) (secret string, expires time.Time, err error) {
	secret = token()
	now := time.Now()
	expires = now.Add(valid)
	_, err = l.DB.ExecContext(ctx, "INSERT INTO softphone_links (hash, created_at, created_by, note, expires_at) VALUES ($1, $2, $3, $4, $5)",
		hashed(secret), store.FormatTime(now), by, note, store.FormatTime(expires))
	if err != nil {
		return "", expires, fmt.Errorf("softphone: making a link: %w", l.DB.Explain(err))
	}
	return secret, expires, nil
}

// errLink is a link that is unknown, used or too old.
var errLink = errors.New("softphone: this link lets nobody in")

// use lets a person in, and tells for whom the link was made. A link serves once.
func (l Links) use(ctx context.Context, secret string) (note string, err error) {
	now := store.FormatTime(time.Now())
	res, err := l.DB.ExecContext(ctx, "UPDATE softphone_links SET used_at = $1 WHERE hash = $2 AND used_at = '' AND expires_at > $1", now, hashed(secret))
	if err != nil {
		return "", fmt.Errorf("softphone: using a link: %w", l.DB.Explain(err))
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return "", errors.Join(errLink, err)
	}
	if err := l.DB.QueryRowContext(ctx, "SELECT note FROM softphone_links WHERE hash = $1", hashed(secret)).Scan(&note); err != nil {
		return "", fmt.Errorf("softphone: using a link: %w", l.DB.Explain(err))
	}
	_, err = l.DB.ExecContext(ctx, "DELETE FROM softphone_links WHERE expires_at <= $1", now) // of no use any more
	return note, l.DB.Explain(err)
}

func hashed(secret string) string {
	sum := sha256.Sum256([]byte("acotel softphone link\n" + secret))
	return hex.EncodeToString(sum[:])
}

// Links that let nobody in are tried so often from one address, in triesTime, and from so many addresses: each try asks the database and is
// written into the audit log.
const (
	triesTime  = time.Minute
	mostTries  = 10
	mostTriers = 1000
)

// errTries is a link that is not looked at, since too many were tried from there.
var errTries = errors.New("softphone: too many links were tried")

// refusedTries counts them.
type refusedTries struct {
	mu    sync.Mutex
	since time.Time
	of    map[netip.Prefix]int
}

// from is whose tries a request counts among: its address, of IPv6 the network.
func from(r *http.Request) netip.Prefix {
	at, _ := netip.ParseAddrPort(r.RemoteAddr) // unreadable: all of these together
	ip, bits := at.Addr().Unmap(), 64
	if ip.Is4() {
		bits = 32
	}
	p, _ := ip.Prefix(bits)
	return p
}

// left tells whether one more may be tried.
func (t *refusedTries) left(r *http.Request) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if now := time.Now(); t.of == nil || now.Sub(t.since) > triesTime {
		t.since, t.of = now, map[netip.Prefix]int{}
	}
	n, known := t.of[from(r)]
	return n < mostTries && (known || len(t.of) < mostTriers)
}

// failed counts one.
func (t *refusedTries) failed(r *http.Request) {
	t.mu.Lock()
	t.of[from(r)]++
	t.mu.Unlock()
}

// Access tells who may use the telephone.
type Access struct {
	loopback bool   // people at this machine need no link
	links    *Links // nil: nobody else may
	sessions *scs.SessionManager
	tries    refusedTries // of links that let nobody in
}

// AccessConfig says whom an Access lets in.
type AccessConfig struct {
	Loopback bool          // people at this machine
	Links    *Links        // those who have a link; nil: nobody
	Session  time.Duration // how long after the link was used
	Secure   bool          // the page is served over TLS
}

// NewAccess makes an Access.
func NewAccess(c AccessConfig) *Access {
	a := &Access{loopback: c.Loopback, links: c.Links}
	// By hand: scs.New begins a goroutine that sweeps its store. Sessions past their time are refused without it, and there are few.
	a.sessions = &scs.SessionManager{Store: memstore.NewWithCleanupInterval(0), Codec: scs.GobCodec{}, Lifetime: c.Session, HashTokenInStore: true, Cookie: scs.SessionCookie{
		Name: "telephone", Path: pathPage, HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: c.Secure,
	}}
	a.sessions.ErrorFunc = func(w http.ResponseWriter, _ *http.Request, _ error) { failed.send(w) }
	return a
}

// In a session: the name under which the person is written down, and what tells this browser from all others.
const (
	sessionWho = "who"
	sessionOwn = "own"
)

// loopbackName is under whom is written down what people at this machine do.
const loopbackName = "loopback"

// owner tells whose the calls are that a request makes: of one browser that a link let in, whatever the name on the link, or of this machine.
func (a *Access) owner(r *http.Request) string {
	if own := a.sessions.GetString(r.Context(), sessionOwn); own != "" {
		return own
	}
	return loopbackName
}

// who tells under which name a request is written down; "" when it may not be served. It needs the sessions around it.
func (a *Access) who(r *http.Request) string {
	if who := a.sessions.GetString(r.Context(), sessionWho); who != "" {
		return who
	}
	if a.loopback && fromLoopback(r) {
		return loopbackName
	}
	return ""
}

// fromLoopback tells a request from this machine to a name of this machine: a page elsewhere whose name was made to point here
// (DNS rebinding) comes under its own name, a proxy on this machine brings others.
func fromLoopback(r *http.Request) bool {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !at.Addr().Unmap().IsLoopback() || r.Header.Get("X-Forwarded-For") != "" || r.Header.Get("Forwarded") != "" {
		return false
	}
	if o := r.Header.Get("Origin"); o != "" { // a proxy that hides itself: the browser still says where its page is from
		if u, err := url.Parse(o); err != nil || !ofThisMachine(u.Host) {
			return false
		}
	}
	return ofThisMachine(r.Host)
}

// ofThisMachine tells a host, with a port or without, that names the machine itself.
func ofThisMachine(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	if err != nil && len(host) > 2 && host[0] == '[' {
		ip, err = netip.ParseAddr(host[1 : len(host)-1])
	}
	return err == nil && ip.IsLoopback()
}

// enter takes a link.
func (a *Access) enter(r *http.Request, secret string) (who string, err error) {
	if a.links == nil {
		return "", errLink
	}
	if !a.tries.left(r) {
		return "", errTries
	}
	note, err := a.links.use(r.Context(), secret)
	if err != nil {
		a.tries.failed(r)
		return "", err
	}
	if err := a.sessions.RenewToken(r.Context()); err != nil {
		return "", fmt.Errorf("softphone: %w", err)
	}
	who = "lien"
	if note != "" {
		who += " " + note
	}
	a.sessions.Put(r.Context(), sessionWho, who)
	a.sessions.Put(r.Context(), sessionOwn, token())
	return who, nil
}
