package dialog

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// way is one way out of a step: what leads there, as an intent of the contract or a word for what happened, and the step it leads to. An
// empty word means that it follows of itself.
type way struct {
	on string
	to step
}

// placeWays are the ways that a place leads: searched at once, asked back in doubt, told apart from its namesakes, asked for again.
func placeWays() []way {
	return []way{{"give_place", searchStep{}}, {"give_place", confirmStep{}}, {"give_place", whichStep{}}, {"give_place", placeStep{}}}
}

// elsewhereWays are the ways of another place named in the middle of things.
func elsewhereWays() []way {
	return []way{{"give_place", searchStep{}}, {"give_place", confirmStep{}}, {"give_place", whichStep{}}}
}

// Node is one step of the conversation in the graph.
type Node struct {
	Name  string `json:"name"`
	State string `json:"state"` // contract word, "" where nothing is expected
	Ways  []Way  `json:"ways"`  // sorted by the step they lead to
	// Resumes says that it can also lead back to the step it was entered from.
	Resumes bool `json:"resumes,omitempty"`
}

// Way is one edge of the graph.
type Way struct {
	On []string `json:"on"` // intents, or words for what happened; empty: it follows of itself
	To string   `json:"to"` // name of a step
}

// Anywhere are the ways that lead out of every step in which something is expected; they are not repeated in the nodes.
func Anywhere() []Way {
	return []Way{
		{[]string{"accident", "distress"}, careStep{}.name()},
		{[]string{"illness"}, illnessStep{}.name()},
		{[]string{"keys"}, searchStep{}.name()},
		{[]string{"restart"}, placeStep{}.name()},
		{[]string{"goodbye"}, ratingStep{}.name()},
		{[]string{"goodbye", "call_later", "insult", "voicemail", "unclear", "silence", "incident"}, endStep{}.name()},
	}
}

// Graph lists the steps and where each leads, the welcome first. "back" leads to the step before and stands nowhere.
func Graph() []Node {
	var out []Node
	seen := map[string]bool{}
	for queue := []step{welcomeStep{}, careStep{}, illnessStep{}}; len(queue) > 0; queue = queue[1:] {
		s := queue[0]
		if seen[s.name()] {
			continue
		}
		seen[s.name()] = true
		n := Node{Name: s.name(), State: s.state(), Ways: []Way{}}
		if r, ok := s.(interface{ resumes() bool }); ok {
			n.Resumes = r.resumes()
		}
		for _, w := range s.ways() {
			n.add(w)
			queue = append(queue, w.to)
		}
		slices.SortFunc(n.Ways, func(a, b Way) int { return strings.Compare(a.To, b.To) })
		out = append(out, n)
	}
	return out
}

// add joins the ways that lead to the same step.
func (n *Node) add(w way) {
	at := slices.IndexFunc(n.Ways, func(o Way) bool { return o.To == w.to.name() })
	if at < 0 {
		n.Ways = append(n.Ways, Way{On: []string{}, To: w.to.name()})
		at = len(n.Ways) - 1
	}
	if w.on != "" && !slices.Contains(n.Ways[at].On, w.on) {
		n.Ways[at].On = append(n.Ways[at].On, w.on)
	}
}

// anywhere is the name under which the diagram shows what leads out of every step.
const anywhere = "anywhere"

// Mermaid writes the graph as a Mermaid state diagram, for handing over (G7).
func Mermaid(out io.Writer) error {
	var b strings.Builder
	b.WriteString("stateDiagram-v2\n")
	id := func(name string) string { return "step_" + strings.ReplaceAll(name, ".", "_") } // a bare "end" is a word of Mermaid's own
	fmt.Fprintf(&b, "    [*] --> %s\n", id(welcomeStep{}.name()))
	for _, n := range Graph() {
		label := n.Name
		if n.State != "" && n.State != n.Name {
			label += " (" + n.State + ")"
		}
		fmt.Fprintf(&b, "    state \"%s\" as %s\n", label, id(n.Name))
	}
	edge := func(from string, w Way) {
		fmt.Fprintf(&b, "    %s --> %s", id(from), id(w.To))
		if len(w.On) > 0 {
			fmt.Fprintf(&b, " : %s", strings.Join(w.On, ", "))
		}
		b.WriteString("\n")
	}
	for _, n := range Graph() {
		for _, w := range n.Ways {
			edge(n.Name, w)
		}
		if n.Resumes {
			edge(n.Name, Way{[]string{"yes, to where it was"}, anywhere})
		}
	}
	fmt.Fprintf(&b, "    state \"any step that expects an answer\" as %s\n", id(anywhere))
	for _, w := range Anywhere() {
		edge(anywhere, w)
	}
	fmt.Fprintf(&b, "    %s --> [*]\n", id(endStep{}.name()))
	fmt.Fprintf(&b, "    note right of %s\n        answered on the spot, the question stands: %s\n    end note\n", id(anywhere), strings.Join(Answered(), ", "))
	_, err := io.WriteString(out, b.String())
	return err
}
