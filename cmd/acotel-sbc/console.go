package main

import (
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/acotel/acotel-sbc/call"
)

// console shows the conversations of a demonstration in the terminal as they
// happen, one line for each thing said.
type console struct {
	mu    sync.Mutex
	out   io.Writer
	calls map[string]int // call → its number in the display
	next  int
}

func newConsole(out io.Writer) *console { return &console{out: out, calls: map[string]int{}} }

// See prints one line.
func (c *console) See(s call.Seen) {
	if s.Who == call.TheStart || s.Partial {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	n, ok := c.calls[s.CallID]
	if !ok {
		c.next++
		n = c.next
		c.calls[s.CallID] = n
	}
	who, text := "service ", s.Text
	switch s.Who {
	case call.TheCaller:
		who = "appelant"
		switch {
		case s.Keys:
			text = "[touches " + text + "]"
		case text == "":
			text = "[parole non comprise]"
		}
	case call.TheSMS:
		who, text = "SMS     ", strings.ReplaceAll(text, "\n", "\n"+strings.Repeat(" ", 29))
	case call.TheEnd:
		who, text = "fin     ", "("+text+")"
		delete(c.calls, s.CallID)
	}
	fmt.Fprintf(c.out, "%s  appel %-2d  %s  %s\n", s.At.Format("15:04:05"), n, who, text)
}

// greet tells a person who started the demonstration how to call it.
func (a *app) greet(s *server) {
	if !a.demo {
		return
	}
	fmt.Fprintf(a.out, `Le service de démonstration répond : %s, %s à la fois.
  Téléphone logiciel : sip:0970000000@%s (numéro d'essai, hors statistiques : 0199000099)
  Appel d'essai      : acotel-sbc call sip:0970000000@%s --from 0639980001 --dtmf "84000#"
  Dans le navigateur : http://%s/telephone (appelle le numéro d'essai, et montre ce qui est compris)
  État du service    : http://%s/readyz
  Arrêt              : Ctrl-C
`, count(s.catalogue.Len(), "séance"), count(s.cfg.Calls.Slots, "conversation"), s.endpoint.Addr(), s.endpoint.Addr(), s.httpAddr, s.httpAddr)
}
