package config

// Sessions says how calls are set up and kept alive (RFC 3262, RFC 4028).
type Sessions struct {
	ExpiresSeconds       int    `yaml:"expires_seconds"`       // session interval that we ask for, 0: none
	MinSESeconds         int    `yaml:"min_se_seconds"`        // shortest interval that we accept
	Refresher            string `yaml:"refresher"`             // peer or local: who refreshes when the peer has no wish
	RefreshBy            string `yaml:"refresh_by"`            // update (where the peer takes it) or invite
	ReliableProvisionals string `yaml:"reliable_provisionals"` // off, required (by the peer) or supported (by the peer)
	EarlyMedia           bool   `yaml:"early_media"`           // 183 with sound before the answer, in place of 180
}

// minSE is the least session interval of RFC 4028.
const minSE = 90

func (l *loader) sessions() {
	const key = "sip.sessions"
	s := l.cfg.SIP.Sessions
	if s.MinSESeconds < minSE || s.MinSESeconds > 24*3600 {
		l.bad(key+".min_se_seconds", "%d is outside %d to %d", s.MinSESeconds, minSE, 24*3600)
	}
	if s.ExpiresSeconds != 0 && (s.ExpiresSeconds < s.MinSESeconds || s.ExpiresSeconds > 24*3600) {
		l.bad(key+".expires_seconds", "%d is neither 0 (none asked for) nor min_se_seconds (%d) to %d", s.ExpiresSeconds, s.MinSESeconds, 24*3600)
	}
	l.choice(key+".refresher", s.Refresher, "peer", "local")
	l.choice(key+".refresh_by", s.RefreshBy, "update", "invite")
	l.choice(key+".reliable_provisionals", s.ReliableProvisionals, "off", "required", "supported")
}
