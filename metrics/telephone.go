package metrics

// Telephone is what the test telephone in the browser counts.
type Telephone struct {
	Calls, Limit int                     // now, and at most
	Ended        map[string]uint64       // calls that are over, by reason
	Refused      map[string]uint64       // what was asked for and not given, by code
	Legs         map[string]TelephoneLeg // browser and service
	Dropped      uint64                  // frames of 20 ms that one leg brought and the other was too far behind to take
}

// TelephoneLeg is one of the two legs of its calls: from the browser to the gateway, from the gateway to the service.
type TelephoneLeg struct {
	Received, Sent uint64  // packets of RTP
	Lost, LostOut  uint64  // that never came here (RFC 3550 A.3), and there, by the other side's reports
	Late           uint64  // packets that came after their moment
	Concealed      uint64  // frames of 20 ms made up for lost sound
	Buffer         float64 // seconds that sound waits in the jitter buffer, the most of the calls now
}

// testTelephone gives what the telephone counts, when there is one.
func (c *collector) testTelephone(g give) {
	if c.Telephone == nil {
		return
	}
	t := c.Telephone()
	g.gauge("softphone_calls", "Calls of the test telephone now.", float64(t.Calls))
	g.gauge("softphone_calls_limit", "Calls of the test telephone that may be at once.", float64(t.Limit))
	for reason, n := range t.Ended {
		g.count("softphone_calls_ended_total", "Calls of the test telephone that are over.", n, "reason", reason)
	}
	for reason, n := range t.Refused {
		g.count("softphone_refused_total", "What was asked of the test telephone and not given.", n, "reason", reason)
	}
	for leg, l := range t.Legs {
		l = c.grown(leg, l)
		const packets, lost = "RTP packets of the test telephone's gateway.", "RTP packets that never came (RFC 3550 A.3); out: by the other side's reports."
		g.count("softphone_packets_total", packets, l.Received, "leg", leg, "direction", in)
		g.count("softphone_packets_total", packets, l.Sent, "leg", leg, "direction", out)
		g.count("softphone_packets_lost_total", lost, l.Lost, "leg", leg, "direction", in)
		g.count("softphone_packets_lost_total", lost, l.LostOut, "leg", leg, "direction", out)
		g.count("softphone_packets_late_total", "RTP packets that came after their moment.", l.Late, "leg", leg)
		g.count("softphone_frames_concealed_total", "Frames of 20 ms made up for lost sound.", l.Concealed, "leg", leg)
		g.gauge("softphone_jitter_buffer_seconds", "Delay of the jitter buffer, the longest of the calls now.", l.Buffer, "leg", leg)
	}
	g.count("softphone_frames_dropped_total", "Frames of 20 ms that one leg brought and the other was too far behind to take.", t.Dropped)
}

// grown is a leg whose losses are at least what was given before.
func (c *collector) grown(leg string, l TelephoneLeg) TelephoneLeg {
	c.mu.Lock()
	defer c.mu.Unlock()
	before := c.telephone[leg]
	l.Lost, l.LostOut = max(l.Lost, before.Lost), max(l.LostOut, before.LostOut)
	c.telephone[leg] = l
	return l
}
