package softphone

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/acotel/acotel-sbc/personal"
)

//go:embed page
var pageFiles embed.FS

// The addresses of the telephone.
const (
	pathPage  = "/telephone"
	pathEnter = pathPage + "/entrer"
	pathCalls = pathPage + "/calls"

	typeSDP      = "application/sdp"
	largestOffer = 64 << 10 // bytes
	largestBody  = 8 << 10
	bodyTime     = 10 * time.Second // for all of a body
	aliveEvery   = 15 * time.Second // a comment in the events, so that nothing on the way takes them for dead
)

// refusal is an answer that says no, in words for the tester.
type refusal struct {
	status int
	Code   string `json:"code"`
	Text   string `json:"text"`
}

var (
	notReady      = &refusal{http.StatusServiceUnavailable, "not_ready", "Le service démarre ou s'arrête : aucun appel n'est possible pour le moment."}
	allTaken      = &refusal{http.StatusServiceUnavailable, "busy", "Tous les téléphones d'essai sont occupés. Réessayez dans un instant."}
	noLine        = &refusal{http.StatusForbidden, "production", "Ce numéro ne peut pas être appelé d'ici : le téléphone d'essai n'appelle que les lignes d'essai, jamais les lignes de production."}
	noCaller      = &refusal{http.StatusBadRequest, "from", "Le numéro de l'appelant n'est pas un numéro de téléphone."}
	noCodec       = &refusal{http.StatusBadRequest, "codec", "Ce codec n'est pas parlé ici : opus, PCMU ou PCMA."}
	noRecording   = &refusal{http.StatusForbidden, "recording", "Les enregistrements sont désactivés sur ce service."}
	notSDP        = &refusal{http.StatusUnsupportedMediaType, "type", "Une offre SDP (application/sdp) est attendue."}
	badOffer      = &refusal{http.StatusBadRequest, "offer", "Ce navigateur propose un son que le service ne parle pas."}
	noPorts       = &refusal{http.StatusServiceUnavailable, "ports", "Plus aucun port n'est libre pour le son. L'exploitant peut élargir softphone.ports."}
	failed        = &refusal{http.StatusInternalServerError, "failed", "Le service n'a pas pu ouvrir l'appel. Son journal dit pourquoi."}
	unknownCall   = &refusal{http.StatusNotFound, "unknown", "Cet appel n'existe pas, ou plus."}
	notLetIn      = &refusal{http.StatusUnauthorized, "access", "Ce téléphone d'essai ne s'ouvre qu'avec un lien donné par l'exploitant du service."}
	tooManyTries  = &refusal{http.StatusTooManyRequests, "tries", "Trop de liens refusés depuis cette adresse. Réessayez dans une minute."}
	linkSpent     = &refusal{http.StatusForbidden, "link", "Ce lien a déjà servi, ou il est trop ancien. Demandez-en un autre à l'exploitant."}
	notMarkable   = &refusal{http.StatusBadRequest, "mark", "Ce tour de parole ne peut pas être signalé."}
	notUnderstood = &refusal{http.StatusBadRequest, "request", "La demande est illisible."}
)

// refusals are all of them.
var refusals = []*refusal{notReady, allTaken, noLine, noCaller, noCodec, noRecording, notSDP, badOffer, noPorts, failed, unknownCall, notLetIn, linkSpent, tooManyTries, notMarkable, notUnderstood}

// no refuses, and counts it.
func (g *Gateway) no(w http.ResponseWriter, r *refusal) {
	g.countRefusal(r)
	r.send(w)
}

func (r *refusal) send(w http.ResponseWriter) {
	if r == notSDP {
		w.Header().Set("Accept-Post", typeSDP)
	}
	reply(w, r.status, r)
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the peer is gone if it fails
}

// Handler serves the page and its calls.
func (g *Gateway) Handler() http.Handler {
	mux := http.NewServeMux()
	pages, err := fs.Sub(pageFiles, "page")
	if err != nil {
		panic(err) // the name is written above
	}
	files := http.StripPrefix(pathPage+"/", http.FileServerFS(pages))
	mux.HandleFunc("GET "+pathPage, g.page(pages))
	mux.Handle("GET "+pathPage+"/{$}", http.RedirectHandler(pathPage, http.StatusMovedPermanently))
	for _, kind := range []string{"style.css", "phone.js", "view.js", "words.js", "enter.js"} {
		mux.Handle("GET "+pathPage+"/"+kind, files) // nothing in them is anybody's
	}
	mux.HandleFunc("GET "+pathEnter, func(w http.ResponseWriter, r *http.Request) { http.ServeFileFS(w, r, pages, "enter.html") })
	mux.HandleFunc("POST "+pathEnter, g.enter)
	mux.Handle("GET "+pathPage+"/settings", g.guarded(g.settingsOf))
	mux.Handle("POST "+pathCalls, g.guarded(g.create))
	mux.Handle("GET "+pathCalls+"/{id}/events", g.guarded(g.ofCall(g.events)))
	mux.Handle("POST "+pathCalls+"/{id}/keys", g.guarded(g.ofCall(g.keys)))
	mux.Handle("POST "+pathCalls+"/{id}/marks", g.guarded(g.ofCall(g.mark)))
	mux.Handle("GET "+pathCalls+"/{id}/recording", g.guarded(g.ofCall(g.recording)))
	mux.Handle("DELETE "+pathCalls+"/{id}", g.guarded(g.ofCall(g.hangup)))
	return g.cfg.Access.sessions.LoadAndSave(secured(http.NewCrossOriginProtection().Handler(mux)))
}

// hurry gives who sends a body a limited time: the door is open to everybody, and shall not be held by those who never come in. done
// lifts it, for handlers that go on after a body that came whole.
func (g *Gateway) hurry(w http.ResponseWriter) (done func()) {
	c := http.NewResponseController(w)
	_ = c.SetReadDeadline(time.Now().Add(g.bodyTime)) // fails without a connection, in tests
	return func() { _ = c.SetReadDeadline(time.Time{}) }
}

// secured says what the page may do, which is little: nothing is loaded from elsewhere, nothing is written in the page itself.
func secured(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, value := range map[string]string{
			"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; media-src 'self' blob:; " +
				"base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
			"Permissions-Policy":     "microphone=(self), camera=(), geolocation=()",
			"Referrer-Policy":        "no-referrer",
			"X-Content-Type-Options": "nosniff",
			"Cache-Control":          "no-store",
		} {
			w.Header().Set(name, value)
		}
		h.ServeHTTP(w, r)
	})
}

// page serves the telephone, or says how to be let in.
func (g *Gateway) page(pages fs.FS) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if g.cfg.Access.who(r) == "" {
			text, err := fs.ReadFile(pages, "closed.html")
			if err != nil {
				g.no(w, failed)
				return
			}
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.WriteHeader(http.StatusForbidden)
			_, _ = w.Write(text) // the peer is gone if it fails
			return
		}
		http.ServeFileFS(w, r, pages, "telephone.html")
	}
}

// whoHandler is a handler that knows who asks.
type whoHandler func(w http.ResponseWriter, r *http.Request, who string)

func (g *Gateway) guarded(h whoHandler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who := g.cfg.Access.who(r)
		if who == "" {
			g.no(w, notLetIn)
			return
		}
		h(w, r, who)
	})
}

// ofCall finds the call that an address names, for the browser that made it. Others, also when they know its name, learn nothing of it.
func (g *Gateway) ofCall(h func(w http.ResponseWriter, r *http.Request, p *phone)) whoHandler {
	return func(w http.ResponseWriter, r *http.Request, _ string) {
		p := g.find(r.PathValue("id"))
		if p == nil || p.owner != g.cfg.Access.owner(r) {
			g.no(w, unknownCall)
			return
		}
		h(w, r, p)
	}
}

// enter takes a link (a form with the field jeton).
func (g *Gateway) enter(w http.ResponseWriter, r *http.Request) {
	g.hurry(w)
	r.Body = http.MaxBytesReader(w, r.Body, largestBody)
	if r.ParseForm() != nil {
		g.no(w, notUnderstood)
		return
	}
	who, err := g.cfg.Access.enter(r, strings.TrimSpace(r.PostForm.Get("jeton")))
	switch {
	case errors.Is(err, errTries): // not written down again: the audit log is no place to fill from outside
		w.Header().Set("Retry-After", strconv.Itoa(int(triesTime.Seconds())))
		g.no(w, tooManyTries)
	case errors.Is(err, errLink):
		g.audit("inconnu", "softphone.enter.refused", map[string]any{"from": r.RemoteAddr})
		g.no(w, linkSpent)
	case err != nil:
		g.cfg.Log.Error("softphone: a link can't be used", "error", err)
		g.no(w, failed)
	default:
		g.audit(who, "softphone.enter", map[string]any{"from": r.RemoteAddr})
		w.WriteHeader(http.StatusNoContent)
	}
}

// settings are what the page needs to know.
type settings struct {
	Lines      []Line      `json:"lines"`
	ICEServers []ICEServer `json:"ice_servers"`
	MaxSeconds int         `json:"max_seconds"`
	Recordings bool        `json:"recordings"`
	KeepHours  int         `json:"keep_hours,omitempty"` // of a recording
	Marks      bool        `json:"marks"`
}

func (g *Gateway) settingsOf(w http.ResponseWriter, _ *http.Request, _ string) {
	s := settings{Lines: g.cfg.Lines, ICEServers: g.cfg.ICEServers, MaxSeconds: int(g.cfg.MaxTime.Seconds()), Recordings: g.cfg.Recordings != nil, Marks: g.cfg.Marks != nil}
	if s.Recordings {
		s.KeepHours = int(g.cfg.Recordings.Keep.Hours())
	}
	if s.ICEServers == nil {
		s.ICEServers = []ICEServer{}
	}
	reply(w, http.StatusOK, s)
}

var callerForm = regexp.MustCompile(`^\+?[0-9]{3,15}$`)

// wishOf reads what a page asks for: line (a test line; empty: the first), from (the caller's number; empty: withheld), codec, record.
func (g *Gateway) wishOf(r *http.Request) (wish, *refusal) {
	q := r.URL.Query()
	w := wish{number: q.Get("line"), from: strings.NewReplacer(" ", "", ".", "", "-", "", "(", "", ")", "").Replace(q.Get("from")), codec: q.Get("codec"), record: q.Get("record") == "1"}
	if w.number == "" && len(g.cfg.Lines) > 0 {
		w.number = g.cfg.Lines[0].Number
	}
	if w.codec == "" {
		w.codec = codecOpus
	}
	switch {
	case !slices.ContainsFunc(g.cfg.Lines, func(l Line) bool { return l.Number == w.number }):
		return w, noLine
	case w.from != "" && !callerForm.MatchString(w.from):
		return w, noCaller
	case g.apis[w.codec] == nil:
		return w, noCodec
	case w.record && g.cfg.Recordings == nil:
		return w, noRecording
	}
	return w, nil
}

// create takes an offer and answers it (RFC 9725 §4.2).
func (g *Gateway) create(w http.ResponseWriter, r *http.Request, who string) {
	asked, no := g.wishOf(r)
	refuse := func(no *refusal) {
		g.audit(who, "softphone.call.refused", map[string]any{"reason": no.Code, "line": asked.number})
		g.no(w, no)
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != typeSDP {
		refuse(notSDP)
		return
	}
	if no != nil {
		refuse(no)
		return
	}
	done := g.hurry(w)
	offer, err := io.ReadAll(http.MaxBytesReader(w, r.Body, largestOffer))
	if err != nil {
		refuse(badOffer)
		return
	}
	done()
	t, no := g.admit()
	if no != nil {
		w.Header().Set("Retry-After", "5")
		refuse(no)
		return
	}
	p, answer, err := g.open(r.Context(), t, who, asked, string(offer))
	if err != nil {
		g.leave()
		if errors.Is(err, errOffer) {
			g.cfg.Log.Info("softphone: an offer was refused", "error", err)
			refuse(badOffer)
			return
		}
		g.cfg.Log.Error("softphone: a call can't be opened", "error", err)
		if errors.Is(err, errPorts) {
			refuse(noPorts)
			return
		}
		refuse(failed)
		return
	}
	p.owner = g.cfg.Access.owner(r)
	g.keep(p)
	g.audit(who, "softphone.call", map[string]any{"phone": p.id, "line": p.number, "caller": personal.MaskNumber(p.from), "codec": p.codec, "recorded": p.record != nil})
	go func() {
		defer g.leave()
		p.run()
	}()
	w.Header().Set("Content-Type", typeSDP)
	w.Header().Set("Location", pathCalls+"/"+p.id)
	w.WriteHeader(http.StatusCreated)
	_, _ = io.WriteString(w, answer) // the peer is gone if it fails, and its call ends
}

func (g *Gateway) hangup(w http.ResponseWriter, _ *http.Request, p *phone) {
	p.cancel(errTester)
	w.WriteHeader(http.StatusOK)
}

// events streams what happens, from the beginning or from the event after Last-Event-ID on, and ends after the end of the call.
func (g *Gateway) events(w http.ResponseWriter, r *http.Request, p *phone) {
	n, _ := strconv.Atoi(r.Header.Get("Last-Event-ID")) // nothing usable: from the beginning
	w.Header().Set("Content-Type", "text/event-stream")
	w.WriteHeader(http.StatusOK)
	out := http.NewResponseController(w)
	alive := time.NewTicker(aliveEvery)
	defer alive.Stop()
	for {
		list, over, changed := p.log.after(n)
		for _, e := range list {
			text, err := json.Marshal(e)
			if err != nil {
				g.cfg.Log.Error("softphone: an event is not JSON", "error", err)
				return
			}
			if _, err := fmt.Fprintf(w, "id: %d\ndata: %s\n\n", e.Seq, text); err != nil {
				return
			}
			n = e.Seq
		}
		if out.Flush() != nil || over {
			return
		}
		select {
		case <-changed:
		case <-alive.C:
			if _, err := io.WriteString(w, ": \n\n"); err != nil {
				return
			}
		case <-r.Context().Done():
			return
		}
	}
}

var keysForm = regexp.MustCompile(`^[0-9*#]{1,32}$`)

// keys presses keys for a browser that can't send them with the sound.
func (g *Gateway) keys(w http.ResponseWriter, r *http.Request, p *phone) {
	var in struct {
		Keys string `json:"keys"`
	}
	if !g.read(w, r, &in) || !keysForm.MatchString(in.Keys) {
		g.no(w, notUnderstood)
		return
	}
	for _, d := range in.Keys {
		p.up.Digit(d)
	}
	w.WriteHeader(http.StatusNoContent)
}

func (g *Gateway) read(w http.ResponseWriter, r *http.Request, into any) bool {
	g.hurry(w)
	return json.NewDecoder(http.MaxBytesReader(w, r.Body, largestBody)).Decode(into) == nil
}

// mark keeps that a turn was misunderstood.
func (g *Gateway) mark(w http.ResponseWriter, r *http.Request, p *phone) {
	var in struct {
		Seq     int    `json:"seq"`
		Comment string `json:"comment"`
	}
	if !g.read(w, r, &in) || len(in.Comment) > longestComment {
		g.no(w, notUnderstood)
		return
	}
	e, ok := p.log.find(in.Seq)
	if !ok || e.Kind != EventCaption || e.Partial || g.cfg.Marks == nil {
		g.no(w, notMarkable)
		return
	}
	k, err := g.cfg.Marks.add(r.Context(), p.callName(), e, in.Comment)
	if err != nil {
		g.cfg.Log.Error("softphone: a mark can't be kept", "error", err)
		g.no(w, failed)
		return
	}
	g.audit(p.who, "softphone.mark", map[string]any{"mark": k.ID, "call": k.CallID})
	reply(w, http.StatusCreated, k)
}

// recording hands the sound of a call out that is over.
func (g *Gateway) recording(w http.ResponseWriter, r *http.Request, p *phone) {
	if _, over := p.log.endedAt(); !over || p.record == nil {
		g.no(w, unknownCall)
		return
	}
	f, err := os.Open(p.record.file)
	if err != nil {
		g.no(w, unknownCall)
		return
	}
	defer f.Close()
	g.audit(p.who, "softphone.recording", map[string]any{"phone": p.id})
	w.Header().Set("Content-Type", "audio/wav")
	w.Header().Set("Content-Disposition", `attachment; filename="appel.wav"`)
	http.ServeContent(w, r, "", p.log.start, f)
}
