package capture

import (
	"bytes"
	"errors"
	"log/slog"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// Recording is a capture that runs.
type Recording struct {
	call   Call
	limits Limits
	log    *slog.Logger
	file   *os.File
	pcap   *pcap

	items chan item
	lost  atomic.Uint64
	full  atomic.Bool // a bound was reached, or the disk is full: nothing more is taken
	end   sync.Once
	ended chan struct{}
}

// item is a datagram on its way to the file.
type item struct {
	at            time.Time
	sent          bool
	local, remote netip.AddrPort
	data          []byte
}

// Packet takes an RTP or RTCP packet of the call; it copies data and never waits.
func (r *Recording) Packet(sent bool, local, remote netip.AddrPort, data []byte) {
	if !r.full.Load() {
		r.put(item{at: time.Now(), sent: sent, local: local, remote: remote, data: bytes.Clone(data)})
	}
}

func (r *Recording) put(i item) {
	select {
	case r.items <- i:
	default:
		r.lost.Add(1)
	}
}

// End says that the call is over. It may be called again.
func (r *Recording) End() { r.end.Do(func() { close(r.ended) }) }

// run writes until the call is over, and a little longer for its last messages.
func (r *Recording) run() {
	packets := 0
	var trouble error
	limit := time.NewTimer(r.limits.Time)
	defer limit.Stop()
	var last <-chan time.Time
	ended, why := r.ended, "the call is over"
	stop := func(reason string) { r.full.Store(true); why = reason }
	for going := true; going; {
		select {
		case i := <-r.items:
			if r.full.Load() {
				continue
			}
			if trouble = r.write(i); trouble != nil {
				stop("it could not be written")
				continue
			}
			if packets++; r.pcap.bytes >= r.limits.Bytes {
				stop("it is as large as may be")
			}
		case <-limit.C:
			stop("it is as long as may be")
		case <-ended:
			ended, last = nil, time.After(afterTheCall)
		case <-last:
			going = false
		}
	}
	r.full.Store(true)
	err := errors.Join(trouble, r.pcap.flush(), r.file.Close())
	r.log.Warn("capture ended", "call", r.call.ID, "reason", why, "packets", packets, "lost", r.lost.Load(), "bytes", r.pcap.bytes, "kept_hours", r.limits.Keep.Hours())
	if err != nil {
		r.log.Error("a capture is not whole", "call", r.call.ID, "error", err)
	}
}

func (r *Recording) write(i item) error {
	if i.local.Addr().IsUnspecified() && r.call.LocalIP.IsValid() {
		i.local = netip.AddrPortFrom(r.call.LocalIP, i.local.Port())
	}
	if i.sent {
		return r.pcap.datagram(i.at, i.local, i.remote, i.data)
	}
	return r.pcap.datagram(i.at, i.remote, i.local, i.data)
}
