package main

import (
	"errors"
	"fmt"

	"github.com/acotel/acotel-sbc/admin"
	"github.com/acotel/acotel-sbc/workshop"
)

// links are the parts that readiness depends on.
func (s *server) links() []admin.Link {
	state := func(name string, err error) admin.Link {
		if err != nil {
			return admin.Link{Name: name, State: admin.Down, Reason: err.Error()}
		}
		return admin.Link{Name: name, State: admin.Up}
	}
	var sipState error
	switch {
	case s.draining.Load():
		sipState = errors.New("stopping, no new calls are taken")
	case !s.listening.Load():
		sipState = errors.New("starting, no calls are taken yet")
	}
	own := []admin.Link{state("sip", sipState), s.databaseLink(), s.workshopsLink(), s.loadLink()}
	return append(append(own, s.trunkLinks()...), s.checkedLinks()...)
}

// loadLink is degraded while new calls are refused for the sake of those in progress.
func (s *server) loadLink() admin.Link {
	if reason, yes := s.guard.Refuses(); yes {
		return admin.Link{Name: "load", State: admin.Degraded, Reason: s.guard.Describe(reason)}
	}
	return admin.Link{Name: "load", State: admin.Up}
}

// trunkLinks are the operators. One that is down is shown so, but the service is as
// ready as before: calls may come by the others, and no other node could serve them
// better.
func (s *server) trunkLinks() []admin.Link {
	if !s.listening.Load() {
		return nil
	}
	var links []admin.Link
	for _, t := range s.endpoint.Trunks() {
		if t.Name == checkTrunk {
			continue
		}
		l := admin.Link{Name: "trunk:" + t.Name, State: admin.Up, Since: t.Since}
		switch {
		case !t.Up:
			l.State, l.Reason = admin.Degraded, "down: "+t.Reason
		case !t.Watched:
			l.Reason = t.Reason
		}
		links = append(links, l)
	}
	return links
}

// workshopsLink is down without workshops; an old or doubtful copy still serves the calls.
func (s *server) workshopsLink() admin.Link {
	switch h := s.catalogue.Health(maxAge(s.cfg)); h.State {
	case workshop.Healthy:
		return admin.Link{Name: "workshops", State: admin.Up}
	case workshop.Empty:
		return admin.Link{Name: "workshops", State: admin.Down, Reason: h.Reason}
	default:
		return admin.Link{Name: "workshops", State: admin.Degraded, Reason: string(h.State) + ": " + h.Reason}
	}
}

// databaseLink is degraded while facts wait for the database: calls go on without it.
func (s *server) databaseLink() admin.Link {
	since, err := s.recorder.Healthy()
	if err != nil {
		return admin.Link{Name: "database", State: admin.Degraded, Since: since, Reason: fmt.Sprintf("%d facts wait: %v", s.recorder.Pending(), err)}
	}
	return admin.Link{Name: "database", State: admin.Up}
}
