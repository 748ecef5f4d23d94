package personal

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
)

// KeyFile is the file in the data folder that holds the keys of caller hashes, one a line, the current one first.
const KeyFile = "caller.key"

const keyBytes = 32

// NumberKey turns a caller's number into a name that does not tell it: the same number always gives the same name (HMAC-SHA-256), which is
// how access and erasure requests find a caller's calls (G4). Without the key the names mean nothing, and losing it loses that way to the
// calls, nothing else.
//
// After a change of keys (Rotate) new calls get names by the new key; the old ones stay known, so that earlier calls are still found, until
// the numbers' retention has emptied them.
type NumberKey struct {
	keys *[][keyBytes]byte // a pointer: fmt shows an address
}

// OpenNumberKey reads the keys in the data folder, or makes the first from random (crypto/rand.Reader). The file must be readable by this
// user alone (mode 0600).
func OpenNumberKey(dir string, random io.Reader) (*NumberKey, error) {
	path := filepath.Join(dir, KeyFile)
	k, err := readKey(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return k, err
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("personal: the data folder %s can't be made: choose another one with data.dir or --data: %w", dir, err)
	}
	key, err := newKey(random)
	if err != nil {
		return nil, err
	}
	if err := writeKey(path, key+"\n", os.Link); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	return readKey(path)
}

// ParseNumberKey reads keys as the file has them: hexadecimal, one a line, the current one first.
func ParseNumberKey(text string) (*NumberKey, error) {
	var keys [][keyBytes]byte
	for line := range strings.FieldsSeq(text) {
		raw, err := hex.DecodeString(line)
		if err != nil || len(raw) != keyBytes {
			return nil, fmt.Errorf("personal: a key of caller hashes is not %d bytes in hexadecimal", keyBytes)
		}
		keys = append(keys, [keyBytes]byte(raw))
	}
	if len(keys) == 0 {
		return nil, errors.New("personal: there is no key of caller hashes")
	}
	return &NumberKey{&keys}, nil
}

func readKey(path string) (*NumberKey, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("personal: reading the key of caller hashes: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("personal: %s holds the key of caller hashes and others may read it: chmod 600 %s", path, path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("personal: reading the key of caller hashes: %w", err)
	}
	k, err := ParseNumberKey(string(text))
	if err != nil {
		return nil, fmt.Errorf("%w: %s: bring it back from a backup; if there is none, delete it, and calls so far can't be found by number any more", err, path)
	}
	return k, nil
}

// Rotate puts a new key before those of the data folder. The running service takes it at its next start.
func Rotate(dir string, random io.Reader) error {
	path := filepath.Join(dir, KeyFile)
	if _, err := readKey(path); err != nil {
		return err
	}
	old, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("personal: reading the key of caller hashes: %w", err)
	}
	key, err := newKey(random)
	if err != nil {
		return err
	}
	return writeKey(path, key+"\n"+string(old), os.Rename)
}

func newKey(random io.Reader) (string, error) {
	raw := make([]byte, keyBytes)
	if _, err := io.ReadFull(random, raw); err != nil {
		return "", fmt.Errorf("personal: making the key of caller hashes: %w", err)
	}
	return hex.EncodeToString(raw), nil
}

// writeKey writes the file under a temporary name and puts it into place: another process finds all of it or nothing, and, with os.Link, of
// two that make one at once both use the first.
func writeKey(path, text string, place func(from, to string) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), KeyFile+".*") // mode 0600
	if err != nil {
		return fmt.Errorf("personal: making the key of caller hashes: %w", err)
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = place(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("personal: making the key of caller hashes: %w", err)
	}
	return nil
}

// Hash gives the name of a number in E.164 form by the current key, in hexadecimal; "" for the zero Phone.
func (k *NumberKey) Hash(p Phone) string {
	if p.IsZero() {
		return ""
	}
	return sum((*k.keys)[0], p.Reveal())
}

// Hashes gives the names of a number by every key, the current one's first; none for the zero Phone.
func (k *NumberKey) Hashes(p Phone) []string {
	if p.IsZero() {
		return nil
	}
	out := make([]string, len(*k.keys))
	for i, key := range *k.keys {
		out[i] = sum(key, p.Reveal())
	}
	return out
}

// Derive gives a secret name of this instance for a purpose, such as the end of an address that nobody can guess.
func (k *NumberKey) Derive(purpose string) string { return sum((*k.keys)[len(*k.keys)-1], purpose) }

func sum(key [keyBytes]byte, text string) string {
	m := hmac.New(sha256.New, key[:])
	m.Write([]byte(text))
	return hex.EncodeToString(m.Sum(nil))
}

// String and LogValue keep the key out of logs.
func (k *NumberKey) String() string { return "number key" }

// GoString is String, for %#v.
func (k *NumberKey) GoString() string { return k.String() }

// LogValue keeps the key out of structured logs.
func (k *NumberKey) LogValue() slog.Value { return slog.StringValue(k.String()) }
