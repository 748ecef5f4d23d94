package config

import "net/netip"

// NLUModel is a language model that is asked where the rules are unsure (G6: an outside service, declared by whoever configures it).
type NLUModel struct {
	URL       string  `yaml:"url"`  // address before /chat/completions; empty: no model
	Name      string  `yaml:"name"` // of the model there
	Key       Secret  `yaml:"key"`
	Format    string  `yaml:"format"`     // response_format: json_object or json_schema
	TimeoutMS int     `yaml:"timeout_ms"` // for the whole answer
	Below     float64 `yaml:"below"`      // confidence of the rules under which it is asked
}

func (l *loader) nluModel() {
	const key = "dialog.nlu.model"
	m := l.cfg.Dialog.NLU.Model
	l.choice(key+".format", m.Format, "json_object", "json_schema")
	if m.Below <= 0 || m.Below > 1 {
		l.bad(key+".below", "%g: above 0, up to 1", m.Below)
	}
	if m.URL == "" {
		return
	}
	u, ok := base(m.URL, "https", "http")
	switch {
	case !ok || u.User != nil:
		l.bad(key+".url", "is no address such as https://llm.example.org/v1")
	case u.Scheme == "http" && !nearby(u.Hostname()):
		l.bad(key+".url", "callers' words go there: https, or http to this machine or an address of a private network")
	}
	if m.Name == "" {
		l.bad(key+".name", "is empty: the name of the model at dialog.nlu.model.url")
	}
}

// nearby tells whether a host is this machine or an address of a private network.
func nearby(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && (ip.IsLoopback() || ip.IsPrivate())
}
