package sip

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"time"

	"github.com/emiago/sipgo/sip"
)

// begin sends a request and gives its transaction. UDP goes out of the socket we listen on, so that the peer sees the address
// it knows; TCP over the connection that is there, or a new one.
func (e *Endpoint) begin(ctx context.Context, req *sip.Request, to netip.AddrPort) (*sip.ClientTx, error) {
	if err := e.address(ctx, req, to); err != nil {
		return nil, err
	}
	if req.IsInvite() {
		e.stats.inviteRequests.Add(1)
		if req.Transport() != udp {
			e.stats.inviteWrites.Add(1)
		}
	}
	tx, err := e.ua.TransactionLayer().Request(ctx, req)
	if err != nil {
		return nil, fmt.Errorf("sip: %s not sent: %w", req.Method, err)
	}
	return tx, nil
}

// write sends a request without a transaction: the ACK of a 200 (RFC 3261 §13.2.2.4).
func (e *Endpoint) write(ctx context.Context, req *sip.Request, to netip.AddrPort) error {
	if err := e.address(ctx, req, to); err != nil {
		return err
	}
	if err := e.ua.TransportLayer().WriteMsg(req); err != nil {
		return fmt.Errorf("sip: %s not sent: %w", req.Method, err)
	}
	return nil
}

func (e *Endpoint) address(ctx context.Context, req *sip.Request, to netip.AddrPort) error {
	network := req.Via().Transport
	req.SetDestination(to.String())
	if e.cfg.UserAgent != "" && req.GetHeader("User-Agent") == nil {
		req.AppendHeader(sip.NewHeader("User-Agent", e.cfg.UserAgent))
	}
	if len(req.Body()) == 0 {
		req.SetBody(nil) // writes Content-Length: 0
	}
	if network == udp && !req.IsCancel() { // whose way is that of its INVITE
		network = e.fit(ctx, req, to)
		req.Via().Transport = network
	}
	req.SetTransport(network)
	if network == udp {
		local := e.udp.LocalAddr().(*net.UDPAddr)
		req.Laddr = sip.Addr{IP: local.IP, Port: local.Port}
		return nil
	}
	if e.connected(network, to) {
		return nil
	}
	return e.streams(network).dial(ctx, to)
}

// connected tells whether there is a TCP or TLS connection to an address.
func (e *Endpoint) connected(network string, to netip.AddrPort) bool {
	conn := e.ua.TransportLayer().Pool(network).Get(to.String())
	if conn == nil {
		return false
	}
	_, _ = conn.TryClose() // gives back the reference that looking took
	return true
}

// exchange sends a request other than INVITE and waits for its final answer.
func (e *Endpoint) exchange(ctx context.Context, req *sip.Request, to netip.AddrPort) (*sip.Response, error) {
	tx, err := e.begin(ctx, req, to)
	if err != nil {
		return nil, err
	}
	defer tx.Terminate()
	for {
		select {
		case res := <-tx.Responses():
			if !res.IsProvisional() {
				return res, nil
			}
		case <-tx.Done():
			return nil, transactionError(tx.Err())
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func transactionError(err error) error {
	if errors.Is(err, sip.ErrTransactionTimeout) {
		return ErrTimeout
	}
	return fmt.Errorf("%w: %w", ErrTimeout, err)
}

// response builds an answer with what all of ours carry.
func (e *Endpoint) response(req *sip.Request, status int, reason string, headers ...sip.Header) *sip.Response {
	if reason == "" {
		reason = reasonPhrase(status)
	}
	res := sip.NewResponseFromRequest(req, status, reason, nil)
	for _, h := range headers {
		res.AppendHeader(h)
	}
	if e.cfg.UserAgent != "" && status != 100 {
		res.AppendHeader(sip.NewHeader("Server", e.cfg.UserAgent))
	}
	return res
}

// respond answers a request and counts refusals.
func (e *Endpoint) respond(req *sip.Request, tx *sip.ServerTx, status int, reason string, headers ...sip.Header) {
	if status >= 300 {
		e.stats.reject(status)
		e.log.Debug("sip: refused", "method", req.Method, "status", status, "reason", reason, "peer", req.Source())
	}
	e.send(tx, e.response(req, status, reason, headers...))
}

// send gives an answer to its transaction. One that cannot be sent ends it: the peer asks again or gives up.
func (e *Endpoint) send(tx *sip.ServerTx, res *sip.Response) {
	if err := tx.Respond(res); err != nil {
		e.log.Warn("sip: answer not sent", "status", res.StatusCode, "error", maskDigits(err.Error()))
		tx.Terminate()
		return
	}
	e.stats.responded(res.StatusCode)
}

func retryHeader(d time.Duration) []sip.Header {
	if d <= 0 {
		return nil
	}
	return []sip.Header{sip.NewHeader("Retry-After", strconv.FormatInt(seconds(d), 10))}
}

// reasonPhrase is the phrase of RFC 3261 §21 for the codes that we or our users send.
func reasonPhrase(status int) string {
	if p, ok := phrases[status]; ok {
		return p
	}
	switch status / 100 {
	case 3:
		return "Redirection"
	case 4:
		return "Request Failure"
	case 5:
		return "Server Failure"
	case 6:
		return "Global Failure"
	}
	return "OK"
}

var phrases = map[int]string{
	100: "Trying", 180: "Ringing", 183: "Session Progress", 200: "OK", 302: "Moved Temporarily", 400: "Bad Request", 403: "Forbidden", 404: "Not Found",
	405: "Method Not Allowed", 406: "Not Acceptable", 408: "Request Timeout", 410: "Gone", 413: "Request Entity Too Large", 415: "Unsupported Media Type",
	422: "Session Interval Too Small",
	416: "Unsupported URI Scheme", 420: "Bad Extension", 480: "Temporarily Unavailable", 481: "Call/Transaction Does Not Exist", 482: "Loop Detected",
	484: "Address Incomplete", 486: "Busy Here", 487: "Request Terminated", 488: "Not Acceptable Here", 491: "Request Pending", 500: "Server Internal Error",
	501: "Not Implemented", 503: "Service Unavailable", 504: "Server Time-out", 600: "Busy Everywhere", 603: "Decline", 604: "Does Not Exist Anywhere",
}
