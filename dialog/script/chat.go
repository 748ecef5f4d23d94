package script

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"
)

// Chat plays a conversation with whoever types: each line is a turn, "#84000#" presses keys, an empty line is silence; the end of the
// input hangs up. The service's sentences come out as lines "> …", the end as "> [fin]". Errors: reading or writing failed.
func Chat(ctx context.Context, in io.Reader, out io.Writer, c Config) error {
	s := NewSession(c)
	if err := printReply(out, s.Begin(ctx)); err != nil {
		return err
	}
	lines := bufio.NewScanner(in)
	for !s.Over() && ctx.Err() == nil && lines.Scan() {
		if err := printReply(out, s.turn(ctx, lines.Text())); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("script: reading the caller's turns: %w", err)
	}
	s.HangUp(ctx)
	return printLine(out, "> [fin]")
}

// turn is one line of the caller.
func (s *Session) turn(ctx context.Context, line string) Reply {
	line = strings.TrimSpace(line)
	switch {
	case line == "":
		return s.Silence(ctx)
	case strings.HasPrefix(line, "#"):
		return s.Key(ctx, strings.TrimPrefix(line, "#"))
	}
	return s.Say(ctx, line)
}

func printReply(out io.Writer, r Reply) error {
	for _, said := range r.Said {
		if err := printLine(out, "> "+said.Text); err != nil {
			return err
		}
	}
	for _, m := range r.SMS {
		if err := printLine(out, "> [SMS] "+strings.Join(strings.Fields(m.Text), " ")); err != nil {
			return err
		}
	}
	return nil
}

func printLine(out io.Writer, line string) error {
	if _, err := fmt.Fprintln(out, line); err != nil {
		return fmt.Errorf("script: writing the dialogue: %w", err)
	}
	return nil
}
