package capture

import (
	"fmt"
	"io"
	"net/netip"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

const ttl = 64

// blockOverhead is about what pcapng adds to a packet.
const blockOverhead = 32

// pcap writes datagrams as packets of a raw IP link (LINKTYPE_RAW).
type pcap struct {
	w       *pcapgo.NgWriter
	scratch gopacket.SerializeBuffer
	bytes   int64
}

func newPcap(w io.Writer) (*pcap, error) {
	options := pcapgo.DefaultNgWriterOptions
	options.SectionInfo.Application = "acotel-sbc"
	face := pcapgo.DefaultNgInterface
	face.Name, face.LinkType, face.OS = "acotel-sbc", layers.LinkTypeRaw, ""
	ng, err := pcapgo.NewNgWriterInterface(w, face, options)
	if err != nil {
		return nil, fmt.Errorf("capture: %w", err)
	}
	return &pcap{w: ng, scratch: gopacket.NewSerializeBuffer()}, nil
}

// datagram writes one UDP datagram. Addresses of two families are both written as IPv6.
func (p *pcap) datagram(at time.Time, from, to netip.AddrPort, data []byte) error {
	src, dst := from.Addr().Unmap(), to.Addr().Unmap()
	udp := &layers.UDP{SrcPort: layers.UDPPort(from.Port()), DstPort: layers.UDPPort(to.Port())}
	var ip interface {
		gopacket.SerializableLayer
		gopacket.NetworkLayer
	}
	if src.Is4() && dst.Is4() {
		ip = &layers.IPv4{Version: 4, TTL: ttl, Protocol: layers.IPProtocolUDP, SrcIP: src.AsSlice(), DstIP: dst.AsSlice()}
	} else {
		a, b := src.As16(), dst.As16()
		ip = &layers.IPv6{Version: 6, HopLimit: ttl, NextHeader: layers.IPProtocolUDP, SrcIP: a[:], DstIP: b[:]}
	}
	if err := udp.SetNetworkLayerForChecksum(ip); err != nil {
		return fmt.Errorf("capture: %w", err)
	}
	err := gopacket.SerializeLayers(p.scratch, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, ip, udp, gopacket.Payload(data))
	if err != nil {
		return fmt.Errorf("capture: %w", err)
	}
	packet := p.scratch.Bytes()
	p.bytes += int64(len(packet)) + blockOverhead
	return p.w.WritePacket(gopacket.CaptureInfo{Timestamp: at, CaptureLength: len(packet), Length: len(packet)}, packet)
}

func (p *pcap) flush() error { return p.w.Flush() }
