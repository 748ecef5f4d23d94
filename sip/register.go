package sip

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"
)

// Bounds of what a registrar may ask for.
const (
	maxExpires = 24 * time.Hour // of 423, and of what it grants
	minRefresh = 10             // a refresh is due after 3/4 of the time granted, but no sooner than T1 times this
)

// registrar keeps one registration: the same Call-ID and growing numbers for as long as we run (RFC 3261 §10.2).
type registrar struct {
	e       *Endpoint
	trunk   Trunk
	creds   credentials
	callID  string
	tag     string
	seq     uint32
	expires time.Duration // to ask for; grows when the registrar wants more (423)
}

func newRegistrar(e *Endpoint, t Trunk) *registrar {
	r := &registrar{e: e, trunk: t, creds: t.Register.credentials(), callID: newTag() + newTag(), tag: newTag(), expires: t.Register.Expires}
	setDefault(&r.expires, DefaultExpires)
	return r
}

// granted is what a registrar agreed to.
type granted struct {
	lasts time.Duration
	seen  netip.AddrPort // our address as it sees it
}

// register binds our Contact to the address of record, or with expires 0 unbinds it.
func (r *registrar) register(ctx context.Context, to hop, expires time.Duration) (granted, error) {
	r.creds.begin()
	for range maxChallenges {
		req := r.request(to, expires)
		if err := r.creds.sign(req); err != nil {
			return granted{}, err
		}
		res, err := r.e.ask(ctx, req, to.addr)
		if err != nil {
			return granted{}, err
		}
		switch {
		case res.IsSuccess():
			r.creds.renewed(res)
			return granted{lasts: grantedTime(res, req, expires), seen: seenAs(res)}, nil
		case res.StatusCode == 401 || res.StatusCode == 407:
			if err := r.creds.challenged(res); err != nil {
				return granted{}, fmt.Errorf("sip: REGISTER: %w: %w", err, statusError(res))
			}
		case res.StatusCode == 423 && expires > 0:
			least := secondsIn(headerValue(res, "Min-Expires"))
			if least <= expires || least > maxExpires {
				return granted{}, statusError(res)
			}
			r.expires, expires = least, least
		default:
			return granted{}, statusError(res)
		}
	}
	return granted{}, errors.New("sip: REGISTER: challenged without end")
}

// request builds the next REGISTER (§10.2).
func (r *registrar) request(to hop, expires time.Duration) *sip.Request {
	self, _ := r.e.selfFor(to.addr.Addr(), r.trunk.network())
	r.seq++
	d := dialog{
		callID: r.callID, localTag: r.tag, network: r.trunk.network(), self: self, user: r.trunk.Register.User,
		farEnd: farEnd{peer: to.addr, target: "sip:" + r.trunk.Register.domain(r.trunk), remote: nameAddr{uri: r.trunk.Register.record(r.trunk)}},
		local:  nameAddr{uri: r.trunk.Register.record(r.trunk), params: []string{"tag=" + r.tag}},
	}
	req := d.build(sip.REGISTER, r.seq)
	contact := d.contact().Value() + ";expires=" + strconv.FormatInt(seconds(expires), 10)
	req.AppendHeader(sip.NewHeader("Contact", contact))
	req.AppendHeader(sip.NewHeader("Expires", strconv.FormatInt(seconds(expires), 10)))
	req.AppendHeader(sip.NewHeader("Allow", allowed))
	return req
}

// grantedTime is how long the binding lasts: what the answer says of our Contact, of all, or what we asked for (§10.2.4).
func grantedTime(res *sip.Response, req *sip.Request, asked time.Duration) time.Duration {
	own, _ := parseAddr(headerValue(req, "Contact"))
	lasts := asked
	if h := headerValue(res, "Expires"); h != "" {
		lasts = secondsIn(h)
	}
	for _, v := range headerList(res, "Contact") {
		a, err := parseAddr(v)
		if err != nil || !sameContact(a.uri, own.uri) {
			continue
		}
		if e, ok := findParam(a.params, "expires"); ok {
			lasts = secondsIn(e)
		}
	}
	if lasts <= 0 {
		lasts = asked
	}
	return min(lasts, maxExpires)
}

// sameContact compares what makes a Contact ours: user, host and port.
func sameContact(a, b string) bool {
	u, err1 := parseURI(a)
	v, err2 := parseURI(b)
	return err1 == nil && err2 == nil && u.user == v.user && strings.EqualFold(u.host, v.host) && u.port == v.port
}

// secondsIn reads a number of seconds; 0 when it is none.
func secondsIn(text string) time.Duration {
	n, err := strconv.ParseUint(strings.TrimSpace(text), 10, 31)
	if err != nil {
		return 0
	}
	return time.Duration(n) * time.Second
}

// seenAs is our address as the peer saw it when it answered (RFC 3581 §4).
func seenAs(res *sip.Response) netip.AddrPort {
	v, err := parseVia(headerValue(res, "Via"))
	if err != nil {
		return netip.AddrPort{}
	}
	host, port := v.host, v.port
	if r, ok := findParam(v.params, "received"); ok {
		host = strings.Trim(r, "[]")
	}
	if r, ok := findParam(v.params, "rport"); ok {
		if n, err := strconv.ParseUint(r, 10, 16); err == nil {
			port = int(n)
		}
	}
	ip, err := netip.ParseAddr(host)
	if err != nil || port == 0 {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(ip.Unmap(), uint16(port))
}

// ask sends a request outside of any dialog and waits for its answer, not as long as a transaction may last: when there are
// several servers the next should be asked soon.
func (e *Endpoint) ask(ctx context.Context, req *sip.Request, to netip.AddrPort) (*sip.Response, error) {
	ctx, cancel := context.WithTimeout(ctx, askPatience*e.cfg.T1)
	defer cancel()
	res, err := e.exchange(ctx, req, to)
	if errors.Is(err, context.DeadlineExceeded) {
		return nil, ErrTimeout
	}
	return res, err
}

// askPatience, in T1: 8 s, in which a request over UDP is sent five times.
const askPatience = 16
