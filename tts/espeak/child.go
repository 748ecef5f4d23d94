package espeak

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// afterKill is how long the remains of a killed child (pipes held by a
// grandchild) may delay us.
const afterKill = 500 * time.Millisecond

// speak runs one child to its end: text in, sound to emit as it comes. rate is
// told the sample rate before the first sound. The child is killed when ctx
// ends, when emit or rate fail, and when no sound came for conf.Stall; time
// spent in emit does not count.
func (v *Voice) speak(ctx context.Context, args []string, text string, emit func([]int16) error, rate func(int) error) error {
	alive, kill := context.WithCancelCause(ctx)
	defer kill(nil)
	watch := time.AfterFunc(v.conf.Stall, func() { kill(ErrStalled) })
	defer watch.Stop()

	cmd, complaints := v.command(alive, args)
	cmd.Stdin = strings.NewReader(text)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("espeak: pipe to the child process: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return v.failure(ctx, alive, err, "")
	}
	// A grandchild may hold the pipe after the child's death: closing our end
	// makes the read below return whatever happens over there.
	release := context.AfterFunc(alive, func() { out.Close() })
	defer release()

	samples, err := pump(out, watch, v.conf.Stall, func(pcm []int16) error {
		if ctx.Err() != nil { // what the pipe still holds is not wanted any more
			return fmt.Errorf("espeak: %w", ctx.Err())
		}
		return emit(pcm)
	}, rate)
	if err != nil {
		kill(err)
	}
	exit := cmd.Wait()
	var ours *consumerError
	switch {
	case errors.As(err, &ours):
		return ours.error
	case err != nil || exit != nil:
		if exit != nil {
			err = errors.Join(exit, err)
		}
		return v.failure(ctx, alive, err, complaints.String())
	case samples == 0:
		return v.failure(ctx, alive, ErrNoSound, complaints.String())
	}
	return nil
}

// consumerError is an error of emit, which is handed back as it is.
type consumerError struct{ error }

// pump reads the header, then hands on whole samples until the end.
func pump(out io.Reader, watch *time.Timer, stall time.Duration, emit func([]int16) error, rate func(int) error) (samples int, err error) {
	wave, err := readHeader(out)
	if err != nil {
		return 0, err
	}
	if err := rate(wave.rate); err != nil {
		return 0, err
	}
	var (
		raw  [8192]byte
		pcm  [len(raw) / 2]int16
		left int // an odd byte kept from the last read
	)
	for wave.left > 0 {
		n, err := out.Read(raw[left:min(int64(len(raw)), int64(left)+wave.left)])
		wave.left -= int64(n)
		n += left
		if whole := n / 2; whole > 0 {
			for i := range whole {
				pcm[i] = int16(binary.LittleEndian.Uint16(raw[2*i:]))
			}
			samples += whole
			watch.Stop() // a slow consumer is not the child's fault
			if err := emit(pcm[:whole]); err != nil {
				return samples, &consumerError{err}
			}
			watch.Reset(stall)
		}
		if left = n % 2; left == 1 {
			raw[0] = raw[n-1]
		}
		switch {
		case errors.Is(err, io.EOF):
			return samples, nil
		case err != nil:
			return samples, fmt.Errorf("espeak: reading the sound: %w", err)
		}
	}
	_, err = io.Copy(io.Discard, out) // chunks after the sound
	return samples, err
}

// command is a child in a process group of its own, killed as a whole with ctx.
func (v *Voice) command(ctx context.Context, args []string) (*exec.Cmd, *firstBytes) {
	cmd := exec.CommandContext(ctx, v.path, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = afterKill
	complaints := &firstBytes{}
	cmd.Stderr = complaints
	return cmd, complaints
}

// failure puts in words why a child failed: first our own reasons (context,
// stall), then what it said, then how it ended.
func (v *Voice) failure(ctx, alive context.Context, err error, complaint string) error {
	complaint = strings.TrimSpace(complaint)
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("espeak: %w", ctx.Err())
	case errors.Is(context.Cause(alive), ErrStalled):
		return fmt.Errorf("%w: nothing for %v, the child process was killed", ErrStalled, v.conf.Stall)
	case strings.HasPrefix(v.conf.Voice, "mb-") && strings.Contains(strings.ToLower(complaint), "mbrola"):
		return fmt.Errorf("%w: %q: the program mbrola and this voice must be installed (Debian, contrib and non-free: mbrola, %s)", ErrVoice, v.conf.Voice, strings.Replace(v.conf.Voice, "mb-", "mbrola-", 1))
	case strings.Contains(complaint, "voice does not exist"):
		return fmt.Errorf("%w: %q: \"espeak-ng --voices=fr\" lists what is there (%s)", ErrVoice, v.conf.Voice, complaint)
	case complaint != "":
		return fmt.Errorf("%w: it said %q: %w", ErrDied, complaint, err)
	case errors.Is(err, ErrNoSound):
		return fmt.Errorf("%w by %s with voice %q", ErrNoSound, v.path, v.conf.Voice)
	}
	return fmt.Errorf("%w: %w", ErrDied, err)
}

// readVersion asks the program for its version: "1.51".
func (v *Voice) readVersion(ctx context.Context) (string, error) {
	alive, kill := context.WithTimeoutCause(ctx, v.conf.Stall, ErrStalled)
	defer kill()
	cmd, complaints := v.command(alive, []string{"--version"})
	var answer firstBytes
	cmd.Stdout = &answer
	if err := cmd.Run(); err != nil {
		return "", v.failure(ctx, alive, err, complaints.String())
	}
	_, version, ok := strings.Cut(answer.String(), "text-to-speech:")
	words := strings.Fields(version)
	if !ok || len(words) == 0 {
		return "", fmt.Errorf("%w: %s does not answer like espeak-ng to --version: is it another program?", ErrNotInstalled, v.path)
	}
	return words[0], nil
}

// checkVariant refuses a variant ("f2" of "fr+f2") that is not there: the program would say nothing of it and speak without.
func (v *Voice) checkVariant(ctx context.Context) error {
	_, variant, has := strings.Cut(v.conf.Voice, "+")
	if _, err := strconv.Atoi(variant); !has || err == nil { // numbers are other names of m1, f1 and so on
		return nil
	}
	alive, kill := context.WithTimeoutCause(ctx, v.conf.Stall, ErrStalled)
	defer kill()
	cmd, complaints := v.command(alive, []string{"--voices=variant"})
	var list bytes.Buffer
	cmd.Stdout = &list
	if err := cmd.Run(); err != nil {
		return v.failure(ctx, alive, err, complaints.String())
	}
	for line := range strings.Lines(list.String()) {
		_, file, _ := strings.Cut(line, "!v/")
		if file, _, _ = strings.Cut(file, "  "); strings.TrimSpace(file) == variant && variant != "" {
			return nil
		}
	}
	return fmt.Errorf("%w: %q: \"espeak-ng --voices=variant\" lists the variants, by what stands after !v/", ErrVoice, v.conf.Voice)
}

// firstBytes keeps the beginning of what a child writes.
type firstBytes struct{ kept []byte }

const maxComplaint = 512

func (b *firstBytes) Write(p []byte) (int, error) {
	b.kept = append(b.kept, p[:min(len(p), maxComplaint-len(b.kept))]...)
	return len(p), nil
}

func (b *firstBytes) String() string { return string(b.kept) }
