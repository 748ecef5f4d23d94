package wyoming

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"
)

// Conn is a client's connection. Send is safe beside Receive; each of them is
// used by one goroutine at a time.
type Conn struct {
	conn   net.Conn
	reader *Reader
	writer *Writer
	detach func() bool
	ctx    context.Context
}

// Dial connects to host:port. The connection is closed when ctx ends; what
// waits on it then fails with the context's error.
func Dial(ctx context.Context, address string, l Limits) (*Conn, error) {
	c, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("wyoming: %w", err)
	}
	return newConn(ctx, c, l), nil
}

func newConn(ctx context.Context, c net.Conn, l Limits) *Conn {
	return &Conn{conn: c, reader: NewReader(c, l), writer: NewWriter(c), ctx: ctx,
		detach: context.AfterFunc(ctx, func() { _ = c.SetDeadline(time.Unix(1, 0)) })}
}

// Send writes an event of the given type with v as its data.
func (c *Conn) Send(kind string, v any, payload []byte) error {
	e, err := NewEvent(kind, v, payload)
	if err != nil {
		return err
	}
	if err := c.writer.Write(e); err != nil {
		return c.explain(err)
	}
	return nil
}

// Receive waits for the next event. An error event of the server comes as a
// Failure.
func (c *Conn) Receive() (Event, error) {
	e, err := c.reader.Read()
	if err != nil {
		return e, c.explain(err)
	}
	if e.Type == TypeError {
		var f Failure
		if err := e.Decode(&f); err != nil {
			return e, err
		}
		return e, f
	}
	return e, nil
}

func (c *Conn) explain(err error) error {
	if c.ctx.Err() != nil {
		return context.Cause(c.ctx)
	}
	if errors.Is(err, ErrSyntax) || errors.Is(err, ErrTooLong) {
		return err
	}
	return fmt.Errorf("wyoming: the connection: %w", err)
}

// Close ends the connection.
func (c *Conn) Close() error {
	c.detach()
	return c.conn.Close()
}

// Describe asks a server what it offers.
func Describe(ctx context.Context, address string) (Info, error) {
	c, err := Dial(ctx, address, Limits{})
	if err != nil {
		return Info{}, err
	}
	defer c.Close()
	if err := c.Send(TypeDescribe, nil, nil); err != nil {
		return Info{}, err
	}
	for {
		e, err := c.Receive()
		if err != nil {
			return Info{}, err
		}
		if e.Type == TypeInfo {
			var i Info
			err := e.Decode(&i)
			return i, err
		}
	}
}
