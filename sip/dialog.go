package sip

import (
	"crypto/rand"
	"encoding/hex"
	"net/netip"
	"strconv"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// dialog is the state that RFC 3261 §12 gives to the two ends of a call: who they are, where requests go, how they are
// numbered. Its owner guards it with a lock.
type dialog struct {
	farEnd
	callID   string
	localTag string
	local    nameAddr       // our From or To, tag included
	network  string         // "UDP", "TCP" or "TLS"
	secure   bool           // the caller wrote sips: so do we (§12.1.1)
	self     netip.AddrPort // what we call ourselves in Via and Contact
	user     string         // user part of our Contact
}

// farEnd is the part of a dialog that differs between the dialogs of one INVITE.
type farEnd struct {
	remoteTag string
	remote    nameAddr
	target    string   // remote target: the URI of the peer's Contact
	routes    []string // route set, first hop first, each with its brackets
	localSeq  uint32   // of the last request we sent
	remoteSeq int64    // of the last request we took, -1 before the first
	peer      netip.AddrPort
}

// dialogKey names a dialog from our side (§12).
type dialogKey struct{ callID, localTag, remoteTag string }

// keyOf is the dialog that a request of the peer is in.
func keyOf(req *sip.Request) dialogKey {
	return dialogKey{req.CallID().Value(), tagOf(req.To()), tagOf(req.From())}
}

func (d *dialog) key() dialogKey { return dialogKey{d.callID, d.localTag, d.remoteTag} }

// dialogOf makes the dialog that an INVITE asks for (§12.1.1).
func dialogOf(req *sip.Request, peer, self netip.AddrPort) dialog {
	remote, _ := parseAddr(req.From().Value()) // the edge has read them all before
	local, _ := parseAddr(req.To().Value())
	d := dialog{
		farEnd: farEnd{remoteTag: tagOf(req.From()), remote: remote, remoteSeq: int64(req.CSeq().SeqNo), peer: peer},
		callID: req.CallID().Value(), localTag: newTag(), local: local, network: req.Transport(), secure: strings.EqualFold(req.Recipient.Scheme, "sips"), self: self, user: req.Recipient.User,
	}
	d.local.params = append(d.local.params, "tag="+d.localTag)
	d.retarget(req)
	for _, h := range req.GetHeaders("Record-Route") {
		d.routes = append(d.routes, h.Value())
	}
	return d
}

// retarget follows the Contact of a request or answer that may move the remote target (§12.2).
func (d *dialog) retarget(msg interface{ Contact() *sip.ContactHeader }) {
	if c := msg.Contact(); c != nil {
		d.target = c.Address.String()
	}
}

// request builds a request within the dialog (§12.2.1.1), numbered but not sent.
func (d *dialog) request(method sip.RequestMethod) *sip.Request {
	d.localSeq++
	return d.build(method, d.localSeq)
}

// build is request with a number of the caller's: the ACK of a 200 takes that of its INVITE (§13.2.2.4).
func (d *dialog) build(method sip.RequestMethod, seq uint32) *sip.Request {
	target, routes := d.target, d.routes
	if len(routes) > 0 && !isLoose(routes[0]) {
		// A strict router of old finds itself in the Request-URI, the target at the end of the route.
		target, routes = strings.Trim(routes[0], "<>"), append(append([]string{}, routes[1:]...), "<"+d.target+">")
	}
	var uri sip.Uri
	_ = sip.ParseUri(target, &uri) // targets are URIs that the edge has checked, or ours
	req := sip.NewRequest(method, uri)
	req.AppendHeader(newVia(d.network, d.self))
	for _, r := range routes {
		req.AppendHeader(sip.NewHeader("Route", r))
	}
	hops := sip.MaxForwardsHeader(70)
	callID := sip.CallIDHeader(d.callID)
	req.AppendHeader(&hops)
	req.AppendHeader(sip.NewHeader("From", d.local.String()))
	req.AppendHeader(sip.NewHeader("To", d.remote.String()))
	req.AppendHeader(&callID)
	req.AppendHeader(&sip.CSeqHeader{SeqNo: seq, MethodName: method})
	return req
}

// contact is where the peer's requests within the dialog reach us.
func (d *dialog) contact() sip.Header {
	uri := contactURI(d.user, d.self, d.network)
	if d.secure {
		uri = "sips" + strings.TrimPrefix(uri, "sip")
	}
	return sip.NewHeader("Contact", "<"+uri+">")
}

func contactURI(user string, self netip.AddrPort, network string) string {
	uri := "sip:"
	if user != "" {
		uri += user + "@"
	}
	uri += hostPort(self.Addr().String(), int(self.Port()))
	if network != udp {
		uri += ";transport=" + strings.ToLower(network)
	}
	return uri
}

// next is where requests go: to the first route or the target, when that is a plain address of a known peer; else back to
// where the peer's last request came from. Contacts are often private addresses behind a NAT, or names that only the
// operator's network knows; and we never send to an address just because a message names it.
func (d *dialog) next(known func(netip.Addr) bool) netip.AddrPort {
	hop := d.target
	if len(d.routes) > 0 {
		hop = strings.Trim(d.routes[0], "<>")
	}
	u, err := parseURI(hop)
	if err != nil {
		return d.peer
	}
	ip, err := netip.ParseAddr(u.host)
	if err != nil || ip.Unmap() != d.peer.Addr() && !known(ip) {
		return d.peer
	}
	if transport, ok := findParam(u.params, "transport"); ok && !strings.EqualFold(transport, d.network) {
		return d.peer
	}
	if u.port == 0 {
		u.port = defaultPort
	}
	return netip.AddrPortFrom(ip.Unmap(), uint16(u.port))
}

func isLoose(route string) bool {
	u, err := parseURI(strings.Trim(route, "<>"))
	if err != nil {
		return true
	}
	_, lr := findParam(u.params, "lr")
	return lr
}

func newVia(network string, self netip.AddrPort) *sip.ViaHeader {
	v := &sip.ViaHeader{ProtocolName: "SIP", ProtocolVersion: "2.0", Transport: network, Host: self.Addr().String(), Port: int(self.Port())}
	v.Params.Add("branch", sip.RFC3261BranchMagicCookie+"-"+newTag())
	v.Params.Add("rport", "")
	return v
}

// newTag is 64 random bits: tags must not be guessed (§19.3).
func newTag() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return hex.EncodeToString(b[:])
}

// tagOf reads the tag of From or To, "" if there is none.
func tagOf(h interface{ Value() string }) string {
	switch a := h.(type) {
	case *sip.FromHeader:
		if a != nil {
			return tagParam(a.Params)
		}
	case *sip.ToHeader:
		if a != nil {
			return tagParam(a.Params)
		}
	}
	return ""
}

func tagParam(params sip.HeaderParams) string {
	for _, p := range params {
		if strings.EqualFold(p.K, "tag") {
			return p.V
		}
	}
	return ""
}

// branchKey names an INVITE transaction the way a CANCEL finds it (§9.2): branch and sent-by.
func branchKey(req *sip.Request) string {
	v := req.Via()
	if v == nil {
		return ""
	}
	port := v.Port
	if port == 0 {
		port = defaultPort
	}
	branch, _ := v.Params.Get("branch")
	if !strings.HasPrefix(branch, sip.RFC3261BranchMagicCookie) { // RFC 2543 elements match by other fields (§17.2.3)
		branch += "|" + req.CallID().Value() + "|" + tagOf(req.From()) + "|" + strconv.Itoa(int(req.CSeq().SeqNo))
	}
	return branch + "|" + strings.ToLower(v.Host) + "|" + strconv.Itoa(port)
}
