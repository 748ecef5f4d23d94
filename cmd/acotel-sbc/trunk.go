package main

import (
	"log/slog"
	"net/netip"
	"time"

	"github.com/acotel/acotel-sbc/config"
	"github.com/acotel/acotel-sbc/sip"
)

// sipConfig turns the settings of the trunk side into an endpoint's.
func sipConfig(c config.Config, log *slog.Logger) (sip.Config, error) {
	out := sip.Config{Listen: c.SIP.Listen, UserAgent: c.SIP.UserAgent, TLS: tlsConfig(c.SIP.TLS), Limits: limits(c.SIP.Limits), SessionTimer: sessionTimer(c.SIP.Sessions), Log: log}
	out.Reliable = map[string]sip.Reliable{"required": sip.ReliableRequired, "supported": sip.ReliableSupported, "off": sip.ReliableOff}[c.SIP.Sessions.ReliableProvisionals]
	if c.SIP.Advertise != "" {
		ip, err := netip.ParseAddr(c.SIP.Advertise)
		if err != nil {
			return out, usage("sip.advertise: %q is not an IP address", c.SIP.Advertise)
		}
		out.Advertise = ip
	}
	for _, t := range c.Trunks {
		trunk, err := trunkConfig(t)
		if err != nil {
			return out, usage("trunks: %s: %w", t.Name, err)
		}
		out.Trunks = append(out.Trunks, trunk)
	}
	return out, nil
}

// trunkConfig turns one operator's settings into the endpoint's, and fetches its password.
func trunkConfig(t config.Trunk) (sip.Trunk, error) {
	out := sip.Trunk{Name: t.Name, IgnoreIdentity: !t.TrustIdentity, Servers: t.Servers, Transport: t.Transport, Ping: time.Duration(t.OptionsSeconds) * time.Second}
	for _, p := range t.Peers {
		prefix, err := config.ParsePeer(p)
		if err != nil {
			return out, err
		}
		out.Peers = append(out.Peers, prefix)
	}
	r := t.Register
	if r.User == "" {
		return out, nil
	}
	password, err := r.Password.Reveal()
	if err != nil {
		return out, err
	}
	out.Register = &sip.Registration{User: r.User, Domain: r.Domain, AuthUser: r.AuthUser, Password: password, Expires: time.Duration(r.ExpiresSeconds) * time.Second}
	return out, nil
}

func tlsConfig(c config.TLS) sip.TLS {
	clients := map[string]sip.ClientCertificates{"optional": sip.OptionalClientCertificate, "required": sip.RequiredClientCertificate}
	return sip.TLS{Listen: c.Listen, Certificate: c.Certificate, Key: c.Key, Clients: clients[c.VerifyClients], ClientCA: c.ClientCA, ServerCA: c.ServerCA}
}

func sessionTimer(c config.Sessions) sip.SessionTimer {
	t := sip.SessionTimer{Expires: time.Duration(c.ExpiresSeconds) * time.Second, MinSE: time.Duration(c.MinSESeconds) * time.Second, ByInvite: c.RefreshBy == "invite"}
	if c.Refresher == "local" {
		t.Refresher = sip.WeRefresh
	}
	return t
}

func limits(c config.Limits) sip.Limits {
	return sip.Limits{
		MessageBytes: c.MessageBytes, MessagesPerSecond: c.MessagesPerSecond, CallsPerSecond: c.CallsPerSecond, HalfOpen: c.HalfOpen,
		Connections: c.Connections, ConnectionsPerSource: c.ConnectionsPerSource, BanAfter: c.BanAfter, Ban: time.Duration(c.BanSeconds) * time.Second,
	}
}
