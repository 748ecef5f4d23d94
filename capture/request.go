package capture

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Names in the data folder.
const (
	folder  = "captures"
	wanted  = "wanted.json" // a request that the service has not taken yet
	suffix  = ".pcapng"
	dirMode = 0o700
	mode    = 0o600
)

// Request chooses the calls to be captured; with empty Line and Caller the next one, whatever it is.
type Request struct {
	Line    string    `json:"line,omitempty"`   // kind of line (production, test, echo) or called number in E.164
	Caller  string    `json:"caller,omitempty"` // hash of the caller's number
	Calls   int       `json:"calls"`            // how many
	Until   time.Time `json:"until"`            // given up then
	By      string    `json:"by"`               // who asks, for the log
	Cancel  bool      `json:"cancel,omitempty"` // gives up what was asked before
	AskedAt time.Time `json:"asked_at"`
}

// fits tells whether a call is one that was asked for.
func (r Request) fits(c Call) bool {
	return (r.Line == "" || r.Line == c.Line || r.Line == c.Called) && (r.Caller == "" || r.Caller == c.CallerHash)
}

// ErrNoService is returned when nobody takes a request.
var ErrNoService = errors.New("capture: no service runs on this data folder, or it takes no captures (capture.max_mb)")

// Ask leaves a request in a data folder and waits until the running service takes it.
func Ask(dataDir string, r Request, patience time.Duration) error {
	dir := filepath.Join(dataDir, folder)
	if err := os.MkdirAll(dir, dirMode); err != nil {
		return fmt.Errorf("capture: %w", err)
	}
	text, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("capture: %w", err)
	}
	name := filepath.Join(dir, wanted)
	half, err := os.CreateTemp(dir, "new-*.tmp") // mode 0600
	if err != nil {
		return fmt.Errorf("capture: %w", err)
	}
	_, err = half.Write(text)
	if err = errors.Join(err, half.Close()); err == nil {
		err = os.Rename(half.Name(), name)
	}
	if err != nil {
		_ = os.Remove(half.Name())
		return fmt.Errorf("capture: %w", err)
	}
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if _, err := os.Stat(name); errors.Is(err, fs.ErrNotExist) {
			return nil
		}
	}
	if os.Remove(name) != nil {
		return nil // taken at the last moment
	}
	return ErrNoService
}

// File is a capture on disk.
type File struct {
	Name    string    `json:"name"` // path
	Call    string    `json:"call"` // our id of the call
	Bytes   int64     `json:"bytes"`
	At      time.Time `json:"at"`      // last written
	Expires time.Time `json:"expires"` // deleted then
}

// Files lists the captures of a data folder, oldest first.
func Files(dataDir string, keep time.Duration) ([]File, error) {
	dir := filepath.Join(dataDir, folder)
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("capture: %w", err)
	}
	var out []File
	for _, e := range entries {
		base, ok := strings.CutSuffix(e.Name(), suffix)
		info, err := e.Info()
		if !ok || err != nil || !info.Mode().IsRegular() {
			continue
		}
		_, id, _ := strings.Cut(base, "_")
		out = append(out, File{Name: filepath.Join(dir, e.Name()), Call: id, Bytes: info.Size(), At: info.ModTime(), Expires: info.ModTime().Add(keep)})
	}
	slices.SortFunc(out, func(a, b File) int { return a.At.Compare(b.At) })
	return out, nil
}

// Expire deletes the captures whose time has come and returns them.
func Expire(dataDir string, keep time.Duration, now time.Time) (gone []File, err error) {
	files, err := Files(dataDir, keep)
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		if now.Before(f.Expires) {
			continue
		}
		if rerr := os.Remove(f.Name); rerr != nil {
			err = errors.Join(err, fmt.Errorf("capture: %w", rerr))
			continue
		}
		gone = append(gone, f)
	}
	return gone, err
}

// Delete removes all captures of a data folder and returns them.
func Delete(dataDir string) ([]File, error) {
	return Expire(dataDir, 0, time.Now().Add(24*time.Hour)) // files of the future, too: clocks were set
}

// DeleteOf removes the captures of calls, named by our ids, and tells how many there were.
func DeleteOf(dataDir string, ids []string) (gone int, err error) {
	files, err := Files(dataDir, 0)
	if err != nil {
		return 0, err
	}
	for _, f := range files {
		if !slices.Contains(ids, f.Call) {
			continue
		}
		if rerr := os.Remove(f.Name); rerr != nil {
			err = errors.Join(err, fmt.Errorf("capture: %w", rerr))
			continue
		}
		gone++
	}
	return gone, err
}
