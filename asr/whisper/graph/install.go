package graph

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"github.com/acotel/acotel-sbc/asr/whisper/ct2"
)

// Write computes weights.bin of a model and puts it with its graphs into dir, which must exist; base takes about a second. It tells which
// size the model was. What stood in dir under these names is replaced; whoever must never see half a model gives an empty dir and renames it.
func Write(m *ct2.Model, dir string) (Size, error) {
	size, err := SizeOf(m)
	if err != nil {
		return size, err
	}
	table, err := weights(size.Name)
	if err != nil {
		return size, err
	}
	for _, name := range []string{Encoder, Cross, Decoder} {
		g, err := fs.ReadFile(sizes, path.Join("sizes", size.Name, name))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), g, 0o644)
		}
		if err != nil {
			return size, fmt.Errorf("graph: %w", err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, SizeFile), []byte(size.Name+"\n"), 0o644); err != nil {
		return size, fmt.Errorf("graph: %w", err)
	}
	f, err := os.Create(filepath.Join(dir, Weights))
	if err != nil {
		return size, fmt.Errorf("graph: %w", err)
	}
	err = errors.Join(fill(f, m, table), f.Sync(), f.Close())
	return size, err
}

// fill writes all weights, as many at once as there are processors, until one can't be written.
func fill(f *os.File, m *ct2.Model, table []weight) error {
	var (
		todo = make(chan weight)
		wait sync.WaitGroup
		mu   sync.Mutex
		errs []error
	)
	for range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			for w := range todo {
				mu.Lock()
				failed := len(errs) > 0
				mu.Unlock()
				if failed {
					continue
				}
				b, err := w.encode(m)
				if err == nil {
					_, err = f.WriteAt(b, w.offset)
				}
				if err != nil {
					mu.Lock()
					errs = append(errs, err)
					mu.Unlock()
				}
			}
		})
	}
	for _, w := range table {
		todo <- w
	}
	close(todo)
	wait.Wait()
	return errors.Join(errs...) // one for each processor at most
}

// Vectors finds where the vectors of words stand in weights.bin: Width bytes a word at data, in steps around 128, and Width/64 scales a word
// (32-bit floats) at scales.
func (s Size) Vectors() (data, scales int64, err error) {
	table, err := weights(s.Name)
	if err != nil {
		return 0, 0, err
	}
	for _, w := range table {
		switch {
		case w.variable == "decoder/embeddings/weight" && w.kind == "q8":
			data = w.offset
		case w.variable == "decoder/embeddings/weight" && w.kind == "q8scale":
			scales = w.offset
		}
	}
	return data, scales, nil
}

// Current tells whether the graphs in dir are those that this program would write.
func Current(size, dir string) (bool, error) {
	for _, name := range []string{Encoder, Cross, Decoder} {
		want, err := fs.ReadFile(sizes, path.Join("sizes", size, name))
		if err != nil {
			return false, fmt.Errorf("graph: %w", err)
		}
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return false, fmt.Errorf("graph: %w", err)
		}
		if !bytes.Equal(got, want) {
			return false, nil
		}
	}
	return true, nil
}

// Written tells which size Write put into dir.
func Written(dir string) (Size, error) {
	name, err := os.ReadFile(filepath.Join(dir, SizeFile))
	if err != nil {
		return Size{}, fmt.Errorf("graph: %w", err)
	}
	return Named(strings.TrimSpace(string(name)))
}
