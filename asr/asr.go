package asr

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Sentinel errors of every backend, for errors.Is.
var (
	// ErrClosed is returned by Write, EndTurn and Open once the Stream (or its
	// Recognizer) is closed or its context has ended.
	ErrClosed = errors.New("asr: the stream is closed")
	// ErrFormat is returned by Open for an audio format the backend can't take.
	ErrFormat = errors.New("asr: audio format not supported")
	// ErrBacklog is returned by EndTurn when so many final results wait unread
	// (MaxUnread) that no room is left for another one. Nothing was asked for.
	ErrBacklog = errors.New("asr: too many results wait to be read")
	// ErrBusy is in a final Result's Err when the machine was too busy to hear the
	// turn in time: its queue was full or the turn's deadline passed. The caller
	// spoke and nobody listened; it is no answer that was not understood.
	ErrBusy = errors.New("asr: too busy to hear this in time")
)

// Recognizer is one way of hearing French, shared by all calls of the process.
// All methods are safe from any goroutine.
type Recognizer interface {
	// Name says which backend, model and language this is, for logs, the
	// status page and Result.Backend: "none", "whisper-base fr". It never
	// changes during the life of the Recognizer.
	Name() string

	// Open begins to listen to one call. It returns at once: loading a model
	// is done before, when the Recognizer is made. The Stream lives until
	// Close or until ctx ends, whichever comes first.
	//
	// Errors: ErrFormat for a sample rate outside what the backend resamples,
	// ErrClosed after Close, the context's own error when it has ended.
	Open(ctx context.Context, f Format) (Stream, error)

	// Close frees the model. It closes the Streams still open, waits for the
	// backend's goroutines and may be called more than once.
	Close() error
}

// Format is how the audio of a Stream is written: linear PCM, signed 16 bits,
// one channel, in the machine's own int16.
type Format struct {
	SampleRate int // Hz; the telephone line gives 8000
}

// Check returns ErrFormat, explained, unless 8000 <= SampleRate <= 48000.
// Backends call it first in Open.
func (f Format) Check() error {
	if f.SampleRate < 8000 || f.SampleRate > 48000 {
		return fmt.Errorf("%w: %d Hz, give 8000 to 48000", ErrFormat, f.SampleRate)
	}
	return nil
}

// Stream listens to one call. One goroutine writes (the call's 20 ms clock),
// another may ask and read (the conversation); no method waits for a reader,
// for the network or for a decoder. All methods are safe at the same time.
//
// The audio of a stream is cut in turns, numbered from 0. EndTurn and Cancel
// each end the present turn and begin the next. Stream time is counted in
// samples written, the first one being 0.
type Stream interface {
	// Write adds audio of any length, an empty slice included. It keeps no
	// reference to pcm after it returns. It fails with ErrClosed only: a
	// backend that falls behind drops or compresses audio on its own account
	// and says so in the Err of the turn's final Result.
	//
	// Silence is written too: the length of the audio is the stream's clock.
	Write(pcm []int16) error

	// Expect says what is expected from now on, for the present turn and the
	// following ones, until the next Expect. Before the first call nothing in
	// particular is expected. Changing it during a turn is allowed: the hints
	// at EndTurn decide the final result. Hints are advice; a backend is free
	// to hear something else. After Close it does nothing.
	Expect(Hints)

	// EndTurn asks for the final result of the audio written since the last
	// EndTurn or Cancel, and returns before it is there. Every EndTurn that
	// returned nil is answered by exactly one Result with Final set, in the
	// order asked, even when nothing was said (no Alternatives), when the
	// decoder failed (Err set), or when Cancel or a new turn follows; the
	// only exception is a Close before the answer.
	//
	// Errors: ErrClosed, ErrBacklog. After an error no answer comes and the
	// audio of the turn is kept.
	EndTurn() error

	// Cancel drops the audio since the last EndTurn or Cancel: it was a cough,
	// or our own voice. No result of that audio is sent afterwards; partials
	// already in the channel carry its Turn, by which the reader knows them.
	// Finals asked for before still come. After Close it does nothing.
	Cancel()

	// Results is the channel of what was heard; always the same one. It holds
	// MaxUnread results: when it is nearly full, partials are left out, finals
	// never. It is closed by Close or by the end of the context. What was in
	// the channel then can still be read.
	Results() <-chan Result

	// Close stops listening, drops the turns not yet answered, and closes
	// Results after waiting for the goroutines of this stream. It may be
	// called more than once and from any goroutine; it returns nil then.
	Close() error
}

// Preparer is a Stream that can begin before it is asked. A call uses it when the
// caller has been silent for a moment (200 ms) and may have ended.
type Preparer interface {
	// Prepare asks for the turn's audio so far to be worked on. EndTurn then
	// answers from it, at once when it is done, as long as nothing but silence
	// was written in between; speech written after makes it useless, and it is
	// dropped. Calling it again does nothing until then. It never waits.
	//
	// When the work is done, and no speech was written meanwhile, the stream may
	// send what EndTurn would answer now, as a Result with Prepared set. The call
	// then knows whether the answer is complete without closing the turn, and
	// words after a pause for thought are heard together with those before it.
	Prepare()
}

// MaxUnread is how many results a Stream keeps for a reader that is late. A
// conversation has at most one final outstanding and some partials; more than
// this means that nobody reads.
const MaxUnread = 32

// Hints is what the dialogue expects to hear next. The zero value means
// anything at all. Backends must not keep or change Phrases' memory beyond
// what Expect documents: the slice belongs to the stream after the call.
type Hints struct {
	// State is the state of the conversation, in the words of the
	// command-line contract: open, place, confirm, theme, results, sms, more,
	// rating, reason. Empty: unknown.
	State string
	// Kinds are the entities that would answer: postal_code, place,
	// department, theme, module, ordinal, rating, date, time_of_day. A backend
	// that knows their closed lists (all communes, all codes) uses them.
	Kinds []string
	// Phrases are expected wordings in French, likeliest first: the options
	// just read out, the names of the themes. Few, at most about a hundred.
	Phrases []string
	// CallerZone is where the caller probably is: a department code ("84",
	// "2A") or a region number prefix ("04"), as a prior on places. Empty:
	// unknown.
	CallerZone string
}

// Result is what was heard of one turn, or of its beginning.
type Result struct {
	// Turn is the number of the turn this is about, from 0 (see Stream).
	Turn int
	// Final is set on the one answer to EndTurn. A partial is a guess at what
	// has been said so far; a later one replaces it.
	Final bool
	// Prepared is set on a partial that is more than a guess: what the final
	// result would be if nothing but silence followed; see Preparer.
	Prepared bool
	// Alternatives, best first. Empty when no words were heard. A partial has
	// one at most, unless it is Prepared.
	Alternatives []Alternative
	// Start and End bound the speech within the audio of the stream, as the
	// recogniser heard it: Start <= End <= audio written. Both are the end of
	// the turn's audio when there was none.
	Start, End time.Duration
	// Took is the time from EndTurn (from the newest audio, for a partial) to
	// the result: what the caller waited for.
	Took time.Duration
	// Spent says where Took went, as far as the backend knows.
	Spent Spent
	// Backend is the Recognizer's Name.
	Backend string
	// Err says why a final result may be wrong or empty although something was
	// said: decoder failed, machine overloaded, audio dropped. The stream goes
	// on; the dialogue treats an empty one as not understood and counts it.
	Err error
}

// Spent is where the time of one turn went inside a recogniser. Work that was done
// early (Preparer) counts here although nobody waited for it; work that was thrown
// away does not. What a backend does not know is zero.
type Spent struct {
	Queue  time.Duration // waiting for a free recogniser
	Encode time.Duration // front end and encoder
	Search time.Duration // of the expected lexicon
	Decode time.Duration // of free text
}

// Text is the best alternative's text, "" when nothing was heard.
func (r Result) Text() string {
	if len(r.Alternatives) == 0 {
		return ""
	}
	return r.Alternatives[0].Text
}

// Alternative is one reading of what was said.
type Alternative struct {
	// Text is French as one would write it, numbers in digits where the
	// backend recognised a code: "Avignon", "84000", "je cherche un atelier".
	Text string
	// Confidence in 0..1. Calibrated: of answers at 0.8 or more, 95 % are
	// right. Alternatives come in falling order of it.
	Confidence float64
	// INSEE is the commune's code when a place of the gazetteer was heard.
	INSEE string
	// PostalCode is set when a code was heard.
	PostalCode string
}
