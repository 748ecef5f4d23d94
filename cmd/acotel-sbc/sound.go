package main

import (
	"fmt"

	"github.com/acotel/acotel-sbc/config"
	"github.com/acotel/acotel-sbc/media"
	"github.com/acotel/acotel-sbc/sip"
)

// mediaOptions turns the settings of the sound into what an endpoint negotiates by.
func mediaOptions(c config.RTP) (sip.MediaOptions, error) {
	codecs, err := media.CodecsByName(c.Codecs...)
	if err != nil {
		return sip.MediaOptions{}, usage("rtp.codecs: %v", err)
	}
	policy, err := srtpPolicy(c.SRTP)
	if err != nil {
		return sip.MediaOptions{}, usage("rtp.srtp: %v", err)
	}
	return sip.MediaOptions{Codecs: codecs, PreferOurs: c.Prefer == "ours", SRTP: policy, ComfortNoise: c.ComfortNoise}, nil
}

// srtpPolicy reads the name of a policy.
func srtpPolicy(name string) (sip.SRTPPolicy, error) {
	switch name {
	case "off":
		return sip.SRTPOff, nil
	case "allowed":
		return sip.SRTPAllowed, nil
	case "required":
		return sip.SRTPRequired, nil
	}
	return 0, fmt.Errorf("%q is unknown, use off, allowed or required", name)
}
