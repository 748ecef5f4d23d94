package main

import (
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
	return sip.MediaOptions{Codecs: codecs, PreferOurs: c.Prefer == "ours"}, nil
}
