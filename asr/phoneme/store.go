package phoneme

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// Pronouncer says how texts are pronounced. Espeak is one.
type Pronouncer interface {
	Pronounce(ctx context.Context, texts []string) ([][]String, error)
}

// Pronunciations remembers what a Pronouncer said, in memory and in a file, so
// that only the first start is slow. It is safe for concurrent use.
type Pronunciations struct {
	from Pronouncer
	file string // "": memory alone

	mu    sync.Mutex
	known map[string][]String
}

// tableVersion changes when the way texts are pronounced does.
const tableVersion = "1"

// CacheFile is the name below dir of the file for pronunciations by this version of
// espeak-ng, our symbols and our rules.
func CacheFile(dir, espeak string) string {
	sum := sha256.Sum256([]byte(tableVersion + "\n" + espeak + "\n" + symbolLines + ipaLines))
	return filepath.Join(dir, "pronunciations-"+hex.EncodeToString(sum[:8])+".tsv")
}

// NewPronunciations reads file, when there is one. A line that can't be read is left out: it will be asked for again.
func NewPronunciations(from Pronouncer, file string) (*Pronunciations, error) {
	p := &Pronunciations{from: from, file: file, known: map[string][]String{}}
	if file == "" {
		return p, nil
	}
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return p, nil
	}
	if err != nil {
		return nil, fmt.Errorf("phoneme: %w", err)
	}
	defer f.Close()
	return p, p.Read(f)
}

// Read adds a table: lines of a text, a tab, and its pronunciations with tabs between them.
func (p *Pronunciations) Read(r io.Reader) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	sc := bufio.NewScanner(r)
	for sc.Scan() {
		cells := strings.Split(sc.Text(), "\t")
		if len(cells) < 2 || strings.HasPrefix(sc.Text(), "#") {
			continue
		}
		var list []String
		ok := true
		for _, c := range cells[1:] {
			s, err := Parse(c)
			ok = ok && err == nil
			if len(s) > 0 {
				list = append(list, s)
			}
		}
		if ok {
			p.known[cells[0]] = list
		}
	}
	if err := sc.Err(); err != nil {
		return fmt.Errorf("phoneme: table of pronunciations: %w", err)
	}
	return nil
}

// Write writes the pronunciations of texts, sorted, as Read takes them.
func (p *Pronunciations) Write(w io.Writer, texts []string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := bufio.NewWriter(w)
	for _, t := range slices.Sorted(slices.Values(texts)) {
		fmt.Fprint(out, t)
		if len(p.known[t]) == 0 {
			fmt.Fprint(out, "\t")
		}
		for _, s := range p.known[t] {
			fmt.Fprint(out, "\t", s)
		}
		fmt.Fprintln(out)
	}
	return out.Flush()
}

// Of returns the pronunciations of texts by text, asking for those that are not
// known yet, which are then kept.
func (p *Pronunciations) Of(ctx context.Context, texts []string) (map[string][]String, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var missing []string
	out := make(map[string][]String, len(texts))
	for _, t := range texts {
		if strings.ContainsAny(t, "\t\n") {
			return nil, fmt.Errorf("phoneme: %q holds a tab or the end of a line", t)
		}
		if s, ok := p.known[t]; ok {
			out[t] = s
		} else if _, twice := out[t]; !twice {
			out[t] = nil
			missing = append(missing, t)
		}
	}
	if len(missing) == 0 {
		return out, nil
	}
	said, err := p.from.Pronounce(ctx, missing)
	if err != nil {
		return nil, err
	}
	for i, t := range missing {
		p.known[t], out[t] = said[i], said[i]
	}
	return out, p.keep(missing, said)
}

// keep appends to the file. Two services that share it may both add a text: the last line counts.
func (p *Pronunciations) keep(texts []string, said [][]String) error {
	if p.file == "" {
		return nil
	}
	var b strings.Builder
	for i, t := range texts {
		b.WriteString(t)
		if len(said[i]) == 0 {
			b.WriteByte('\t')
		}
		for _, s := range said[i] {
			b.WriteByte('\t')
			b.WriteString(s.String())
		}
		b.WriteByte('\n')
	}
	if err := os.MkdirAll(filepath.Dir(p.file), 0o755); err != nil {
		return fmt.Errorf("phoneme: %w", err)
	}
	f, err := os.OpenFile(p.file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("phoneme: %w", err)
	}
	_, err = f.WriteString(b.String())
	return errors.Join(err, f.Close())
}
