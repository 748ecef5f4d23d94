package record

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

// keyFile is the file in the data folder that holds the key of caller hashes.
const keyFile = "caller.key"

const keyBytes = 32

// hidden stands for each of the last four digits of a masked number.
const hidden = '•'

// CallerKey turns a caller's number into a name that does not tell it: the same number always gives the same name,
// which is how access and erasure requests find a caller's calls (G4). Without the key file the names mean nothing, and
// losing it loses that way to the calls, nothing else.
type CallerKey struct{ key [keyBytes]byte }

// OpenCallerKey reads the key in the data folder, or makes it at the first start from random (crypto/rand.Reader). The
// file is readable by this user alone (mode 0600).
func OpenCallerKey(dir string, random io.Reader) (*CallerKey, error) {
	path := filepath.Join(dir, keyFile)
	k, err := readKey(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return k, err
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("record: the data folder %s can't be made: choose another one with data.dir or --data: %w", dir, err)
	}
	if err := makeKey(path, random); err != nil {
		return nil, err
	}
	return readKey(path)
}

func readKey(path string) (*CallerKey, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("record: reading the key of caller hashes: %w", err)
	}
	raw, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(raw) != keyBytes {
		return nil, fmt.Errorf("record: %s is not a key of %d bytes in hexadecimal: bring it back from a backup; if there is none, delete it, and calls so far can't be found by number any more", path, keyBytes)
	}
	if err := os.Chmod(path, 0o600); err != nil { // a copy brought back from a backup may be open to all
		return nil, fmt.Errorf("record: the key of caller hashes must be readable by this user alone: %w", err)
	}
	k := &CallerKey{}
	copy(k.key[:], raw)
	return k, nil
}

// makeKey writes the key under a temporary name and links it into place: another process finds all of it or nothing,
// and of two that make one at once both use the first.
func makeKey(path string, random io.Reader) error {
	raw := make([]byte, keyBytes)
	if _, err := io.ReadFull(random, raw); err != nil {
		return fmt.Errorf("record: making the key of caller hashes: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), keyFile+".*") // mode 0600
	if err != nil {
		return fmt.Errorf("record: making the key of caller hashes: %w", err)
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(hex.EncodeToString(raw) + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("record: making the key of caller hashes: %w", err)
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("record: making the key of caller hashes: %w", err)
	}
	return nil
}

// Hash gives the name of a number in E.164 form ("+33612345678"): HMAC-SHA256 in hexadecimal. A withheld number ("")
// has none.
func (k *CallerKey) Hash(e164 string) string {
	if e164 == "" {
		return ""
	}
	m := hmac.New(sha256.New, k.key[:])
	m.Write([]byte(e164))
	return hex.EncodeToString(m.Sum(nil))
}

// String and LogValue keep the key out of logs.
func (k *CallerKey) String() string { return "caller key" }

// LogValue keeps the key out of structured logs.
func (k *CallerKey) LogValue() slog.Value { return slog.StringValue(k.String()) }

// MaskNumber hides the last four digits of a telephone number: "0612345678" gives "061234••••" (T5). A number that is
// masked already stays as it is; spaces and the like are kept.
func MaskNumber(number string) string {
	if strings.ContainsRune(number, hidden) {
		return number
	}
	r := []rune(number)
	left := 4
	for i := len(r) - 1; i >= 0 && left > 0; i-- {
		if r[i] >= '0' && r[i] <= '9' {
			r[i] = hidden
			left--
		}
	}
	return string(r)
}
