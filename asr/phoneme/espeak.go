package phoneme

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"unicode"
)

// ErrNoSpeller is returned when espeak-ng can't be run.
var ErrNoSpeller = errors.New("phoneme: espeak-ng can't be run")

// Espeak asks espeak-ng how text is said: one child process for each batch.
type Espeak struct {
	Binary string // "espeak-ng" when empty
	Voice  string // "fr" when empty
	// Rules reads a word by the rules of French spelling alone, in IPA, where espeak-ng takes it for English
	// ("Vitry"). nil: respelling must do.
	Rules func(word string) string
}

// batch is how many lines one child gets: short enough that cores share the work.
const batch = 2000

// Version is what espeak-ng says it is: pronunciations are kept by it.
func (e Espeak) Version(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, e.binary(), "--version").Output()
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrNoSpeller, err)
	}
	version, _, _ := strings.Cut(string(out), "  ")
	return strings.TrimSpace(version), nil
}

func (e Espeak) binary() string {
	if e.Binary == "" {
		return "espeak-ng"
	}
	return e.Binary
}

// Pronounce returns how each text is said, the likeliest way first. A text that
// espeak-ng says the English way in part is also said by the rules of French, which come first.
// Texts without a sound ("!") have none.
func (e Espeak) Pronounce(ctx context.Context, texts []string) ([][]String, error) {
	raw, err := e.ipa(ctx, texts)
	if err != nil {
		return nil, err
	}
	out := make([][]String, len(texts))
	var odd []int // texts in which a language changes
	for i, s := range raw {
		p, err := FromIPA(s)
		if err != nil {
			return nil, fmt.Errorf("%w in %q", err, texts[i])
		}
		if len(p) > 0 {
			out[i] = []String{p}
		}
		if strings.Contains(s, "(") {
			odd = append(odd, i)
		}
	}
	if len(odd) == 0 {
		return out, nil
	}
	french, err := e.french(ctx, texts, odd)
	if err != nil {
		return nil, err
	}
	for k, i := range odd {
		if len(french[k]) > 0 && french[k].String() != out[i][0].String() {
			out[i] = append([]String{french[k]}, out[i]...)
		}
	}
	return out, nil
}

// french pronounces the odd texts without any change of language: words that espeak-ng
// takes for English are respelt, and read by Rules where that does not help.
func (e Espeak) french(ctx context.Context, texts []string, odd []int) ([]String, error) {
	var words []string
	index := map[string]int{}
	for _, i := range odd {
		for _, w := range wordsOf(texts[i]) {
			if _, seen := index[w]; !seen {
				index[w] = len(words)
				words = append(words, w)
			}
		}
	}
	said, err := e.ipa(ctx, words)
	if err != nil {
		return nil, err
	}
	respelt := make([]string, len(words))
	for i, w := range words {
		respelt[i] = w
		if strings.Contains(said[i], "(") {
			respelt[i] = respell(w)
		}
	}
	again, err := e.ipa(ctx, respelt)
	if err != nil {
		return nil, err
	}
	foreign := map[string]bool{}
	for i, w := range words {
		if strings.Contains(again[i], "(") {
			foreign[w] = true
			if e.Rules != nil {
				again[i] = e.Rules(w)
			}
		}
	}
	lines := make([]string, len(odd))
	for k, i := range odd {
		lines[k] = replaceWords(texts[i], func(w string) string { return respelt[index[w]] })
	}
	whole, err := e.ipa(ctx, lines)
	if err != nil {
		return nil, err
	}
	out := make([]String, len(odd))
	for k, i := range odd {
		ipa := whole[k]
		if strings.Contains(ipa, "(") {
			ipa = ""
			for _, w := range wordsOf(texts[i]) {
				ipa += again[index[w]]
			}
		}
		if out[k], err = FromIPA(ipa); err != nil {
			return nil, fmt.Errorf("%w in %q", err, texts[i])
		}
	}
	return out, nil
}

// respell writes a word so that espeak-ng's French rules apply to it.
func respell(w string) string {
	l := strings.ToLower(w)
	l = strings.NewReplacer("th", "t", "w", "v", "gh", "g", "sch", "ch", "sh", "ch", "ck", "que", "oo", "o").Replace(l)
	if len(l) > 2 && strings.HasSuffix(l, "y") && !strings.HasSuffix(l, "ay") && !strings.HasSuffix(l, "ey") && !strings.HasSuffix(l, "oy") {
		l = strings.TrimSuffix(l, "y") + "i"
	}
	if l == strings.ToLower(w) {
		switch {
		case strings.HasSuffix(l, "un"):
			l = strings.TrimSuffix(l, "un") + "ain"
		case l == "just":
			l = "juste"
		}
	}
	return l
}

// wordsOf are the runs of letters and apostrophes of a text.
func wordsOf(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return !inWord(r) })
}

func inWord(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r) || r == '\'' || r == '’'
}

func replaceWords(s string, f func(string) string) string {
	var b strings.Builder
	for len(s) > 0 {
		i := strings.IndexFunc(s, inWord)
		if i < 0 {
			b.WriteString(s)
			break
		}
		b.WriteString(s[:i])
		s = s[i:]
		j := strings.IndexFunc(s, func(r rune) bool { return !inWord(r) })
		if j < 0 {
			j = len(s)
		}
		b.WriteString(f(s[:j]))
		s = s[j:]
	}
	return b.String()
}

// ipa writes each text's IPA, as espeak-ng gives it line by line.
func (e Espeak) ipa(ctx context.Context, texts []string) ([]string, error) {
	out := make([]string, len(texts))
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	for from := 0; from < len(texts); from += batch {
		to := min(from+batch, len(texts))
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			if err := e.run(ctx, texts[from:to], out[from:to]); err != nil {
				cancel(err)
			}
		})
	}
	wg.Wait()
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	return out, nil
}

// run is one child process. It writes a line for each line it reads; lines without a
// sound are marked, since it would be silent about them.
func (e Espeak) run(ctx context.Context, texts, out []string) error {
	var in strings.Builder
	for _, t := range texts {
		in.WriteString(oneLine(t))
		in.WriteByte('\n')
	}
	voice := e.Voice
	if voice == "" {
		voice = "fr"
	}
	cmd := exec.CommandContext(ctx, e.binary(), "-q", "--ipa", "-v", voice)
	cmd.Stdin = strings.NewReader(in.String())
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	got, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("%w: %w %s", ErrNoSpeller, err, strings.TrimSpace(complaints.String()))
	}
	n := 0
	for sc := bufio.NewScanner(bytes.NewReader(got)); sc.Scan(); n++ {
		if n < len(out) {
			out[n] = strings.TrimSpace(sc.Text())
		}
	}
	if n != len(texts) {
		if len(texts) == 1 { // a text of several clauses comes in several lines
			out[0] = strings.Join(strings.Fields(string(got)), " ")
			return nil
		}
		half := len(texts) / 2
		return errors.Join(e.run(ctx, texts[:half], out[:half]), e.run(ctx, texts[half:], out[half:]))
	}
	return nil
}

// oneLine leaves nothing in a text at which espeak-ng would begin a new clause.
func oneLine(t string) string {
	t = strings.Map(func(r rune) rune {
		if inWord(r) || r == '-' {
			return r
		}
		return ' '
	}, t)
	if strings.TrimSpace(t) == "" {
		return "-"
	}
	return strings.Join(strings.Fields(t), " ")
}
