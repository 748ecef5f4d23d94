package chooser

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/acotel/acotel-sbc/dialog/nlu"
)

// Forms of the answer that can be asked for, as response_format names them.
const (
	FormatObject = "json_object" // JSON of any shape; most servers can
	FormatSchema = "json_schema" // the very names that may be answered; fewer servers can
)

// Config says where the model is and when it is asked.
type Config struct {
	URL     string        // address before /chat/completions, "https://llm.example.org/v1"
	Model   string        // name of the model there
	Key     string        // sent as bearer token; "" sends none
	Format  string        // FormatObject or FormatSchema
	Timeout time.Duration // for the whole answer
	Below   float64       // confidence of the rules under which the model is asked, 0..1

	// Topics are themes and modules that may be chosen though the rules did not find them: nlu.Parser.Topics.
	Topics []nlu.Entity
	// Count takes the result of every question, one of Results; nil: nobody counts.
	Count func(result string)
	Log   *slog.Logger
}

// Results of a question: a choice; the model's own "unclear"; an answer that is none of the choices; none in time; no answer or an error;
// not asked, because too many questions were under way or the model rests after failures.
var Results = []string{"chosen", "unclear", "invalid", "late", "failed", "skipped"}

const (
	// atOnce bounds the questions under way. One more is not put: its answer would come late.
	atOnce = 8
	// maxBody bounds what is read of an answer, bytes.
	maxBody = 64 << 10
)

// Chooser asks the model. Safe for concurrent use; nil asks nothing.
type Chooser struct {
	cfg    Config
	told   prompt
	topics []nlu.Entity
	client *http.Client
	slots  chan struct{}
	rests  breaker
	now    func() time.Time
}

// New makes a Chooser; it connects to nothing before the first question.
func New(c Config) (*Chooser, error) {
	p, err := told()
	if err != nil {
		return nil, err
	}
	if c.Count == nil {
		c.Count = func(string) {}
	}
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost, t.MaxResponseHeaderBytes = atOnce, maxBody
	return &Chooser{
		cfg: c, told: p, topics: c.Topics, slots: make(chan struct{}, atOnce), now: time.Now,
		client: &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse // neither words nor key go where nobody sent them
		}},
	}, nil
}

// Close drops idle connections.
func (c *Chooser) Close() {
	if c != nil {
		c.client.CloseIdleConnections()
	}
}

// Choose puts a question and waits for the answer, as long as the configuration allows. False: there is no choice, and the rules' reading
// stands.
func (c *Chooser) Choose(ctx context.Context, q Question) (nlu.Choice, bool) {
	if c == nil {
		return nlu.Choice{}, false
	}
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
	default:
		c.cfg.Count("skipped")
		return nlu.Choice{}, false
	}
	if !c.rests.pass(c.now()) {
		c.cfg.Count("skipped")
		return nlu.Choice{}, false
	}
	limited, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	choice, err := c.ask(limited, q)
	if err != nil && ctx.Err() != nil {
		return nlu.Choice{}, false // the caller went on or hung up: nobody's failure
	}
	c.settle(err)
	switch {
	case err == nil && choice.Intent == "unclear":
		c.cfg.Count("unclear")
		return nlu.Choice{}, false
	case err == nil:
		c.cfg.Count("chosen")
		return choice, true
	case errors.Is(err, errAnswer):
		c.cfg.Count("invalid")
	case errors.Is(err, context.DeadlineExceeded):
		c.cfg.Count("late")
	default:
		c.cfg.Count("failed")
	}
	return nlu.Choice{}, false
}

// settle tells the breaker, and the log when that changes something.
func (c *Chooser) settle(err error) {
	switch opened, closed := c.rests.done(c.now(), err == nil); {
	case opened:
		c.cfg.Log.Warn("the language model is left alone for a while; the rules go on without it", "failures", failuresInRow, "rest_s", int(rest.Seconds()), "reason", reason(err))
	case closed:
		c.cfg.Log.Info("the language model answers again")
	}
}

// statusError is an HTTP status other than 200.
type statusError int

func (e statusError) Error() string {
	return fmt.Sprintf("chooser: the model's server answered %d", int(e))
}

// reason says what went wrong in words of ours: an error of net/http may quote what the server sent.
func reason(err error) string {
	var status statusError
	var network *net.OpError
	switch {
	case errors.As(err, &status), errors.Is(err, errAnswer):
		return err.Error()
	case errors.Is(err, context.DeadlineExceeded):
		return "chooser: no answer in time"
	case errors.As(err, &network):
		return "chooser: no connection: " + network.Err.Error()
	}
	return "chooser: no sound HTTP answer"
}

// ask is one exchange over HTTP.
func (c *Chooser) ask(ctx context.Context, q Question) (nlu.Choice, error) {
	body, err := c.body(q)
	if err != nil {
		return nlu.Choice{}, fmt.Errorf("chooser: writing the question: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(c.cfg.URL, "/")+"/chat/completions", bytes.NewReader(body))
	if err != nil {
		return nlu.Choice{}, fmt.Errorf("chooser: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	if c.cfg.Key != "" {
		req.Header.Set("Authorization", "Bearer "+c.cfg.Key)
	}
	resp, err := c.client.Do(req)
	if err != nil {
		return nlu.Choice{}, fmt.Errorf("chooser: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return nlu.Choice{}, statusError(resp.StatusCode)
	}
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	if err != nil {
		return nlu.Choice{}, fmt.Errorf("chooser: reading the answer: %w", err)
	}
	if len(answer) > maxBody {
		return nlu.Choice{}, fmt.Errorf("%w: too long", errAnswer)
	}
	return c.choice(q, answer)
}
