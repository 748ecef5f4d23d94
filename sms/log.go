package sms

import (
	"context"
	"log/slog"
)

// LogProvider sends nothing outside: it writes each message to the log, the number masked, and takes it; the outbox
// table keeps the text. It is the provider of demonstrations and tests.
type LogProvider struct{ log *slog.Logger }

// NewLogProvider makes a provider that writes to log.
func NewLogProvider(log *slog.Logger) *LogProvider { return &LogProvider{log: log} }

// Name is "log".
func (*LogProvider) Name() string { return "log" }

// Send logs the message. Its receipt follows from the key, so that the same message has the same one.
func (p *LogProvider) Send(ctx context.Context, s Submission) (Receipt, error) {
	n, encoding := Segments(s.Text)
	p.log.InfoContext(ctx, "SMS", "key", s.Key, "to", s.To, "segments", n, "encoding", encoding, "text", s.Text)
	return Receipt{ProviderID: "log:" + s.Key}, nil
}
