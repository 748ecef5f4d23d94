package privacy

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/acotel/acotel-sbc/personal"
	"github.com/acotel/acotel-sbc/store"
)

// Manifest describes a backup.
type Manifest struct {
	Format  int               `json:"format"`
	At      time.Time         `json:"at"`
	Schema  []int64           `json:"schema"` // migrations applied
	Tables  []store.TableFile `json:"tables"`
	Entries []ManifestEntry   `json:"entries"`
}

// ManifestEntry is one file of a backup.
type ManifestEntry struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

const (
	backupFormat = 1
	manifestName = "manifest.json"
	filesFolder  = "files/"
	extraFolder  = "lisible/"
)

// ErrArchive is wrapped by what is wrong with a backup.
var ErrArchive = errors.New("privacy: the backup can't be used")

// counted measures and hashes what goes through.
type counted struct {
	w    io.Writer
	hash hash.Hash
	n    int64
}

func (c *counted) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	c.hash.Write(p[:n])
	return n, err
}

// Extra is a file that stands in an archive for people and other programs, beside what Restore needs.
type Extra struct {
	Name  string // "messages.yaml"; below the folder "lisible"
	Write func(io.Writer) error
}

// Backup writes the instance, as it is at one moment while the service may run, into a ZIP file that only this user can read: every table,
// the files of the data folder (keys, imported places; no captures, no cache of the voice), the extra files, and a manifest with the hash of
// each. It holds the keys and the numbers of messages still to be sent: keep it like the data folder itself.
func Backup(ctx context.Context, db *store.DB, dir, file string, now time.Time, extra ...Extra) (m Manifest, err error) {
	f, err := os.CreateTemp(filepath.Dir(file), ".backup-*") // mode 0600
	if err != nil {
		return m, fmt.Errorf("privacy: backup: %w", err)
	}
	defer func() { _ = os.Remove(f.Name()) }()
	m = Manifest{Format: backupFormat, At: now.UTC().Truncate(time.Second)}
	if err = writeBackup(ctx, db, dir, f, &m, extra); err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), file)
	}
	if err != nil {
		return m, fmt.Errorf("privacy: backup: %w", err)
	}
	return m, nil
}

func writeBackup(ctx context.Context, db *store.DB, dir string, f io.Writer, m *Manifest, extra []Extra) error {
	z := zip.NewWriter(f)
	var open *counted
	var name string
	finish := func() {
		if open != nil {
			m.Entries = append(m.Entries, ManifestEntry{Name: name, Bytes: open.n, SHA256: hex.EncodeToString(open.hash.Sum(nil))})
		}
		open = nil
	}
	create := func(n string) (io.Writer, error) {
		finish()
		w, err := z.CreateHeader(&zip.FileHeader{Name: n, Method: zip.Deflate, Modified: m.At})
		if err != nil {
			return nil, err
		}
		open, name = &counted{w: w, hash: sha256.New()}, n
		return open, nil
	}
	// Files first: the ledger's head must not be ahead of its table.
	files, err := backupFiles(dir)
	if err != nil {
		return err
	}
	for _, n := range files {
		w, err := create(filesFolder + n)
		if err != nil {
			return err
		}
		if err := copyFile(w, filepath.Join(dir, n)); err != nil {
			return err
		}
	}
	if m.Tables, m.Schema, err = db.Dump(ctx, create); err != nil {
		return err
	}
	for _, x := range extra {
		w, err := create(extraFolder + x.Name)
		if err != nil {
			return err
		}
		if err := x.Write(w); err != nil {
			return fmt.Errorf("%s: %w", x.Name, err)
		}
	}
	finish()
	w, err := z.CreateHeader(&zip.FileHeader{Name: manifestName, Method: zip.Deflate, Modified: m.At})
	if err != nil {
		return err
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return errors.Join(enc.Encode(m), z.Close())
}

func copyFile(w io.Writer, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(w, f)
	return err
}

// ofTheProcess are files that say where the service that runs now is found; they mean nothing elsewhere.
var ofTheProcess = []string{"http.addr"}

// backupFiles lists the files of a data folder that belong to the instance.
func backupFiles(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, e := range entries {
		n := e.Name()
		if !e.Type().IsRegular() || strings.HasPrefix(n, store.FileName) || strings.HasPrefix(n, ".") || strings.HasSuffix(n, ".lock") || slices.Contains(ofTheProcess, n) {
			continue
		}
		out = append(out, n)
	}
	return out, nil
}

// Restore brings a backup back into an empty instance: an open, fresh database and its data folder. Every hash is checked before anything is
// written. Errors wrap ErrArchive, store.ErrNotEmpty, store.ErrOlderSchema or store.ErrNewerSchema.
func Restore(ctx context.Context, db *store.DB, dir, file string) (Manifest, error) {
	z, err := zip.OpenReader(file)
	if err != nil {
		return Manifest{}, fmt.Errorf("%w: %s: %w", ErrArchive, file, err)
	}
	defer z.Close()
	m, err := readManifest(&z.Reader)
	if err != nil {
		return m, fmt.Errorf("%w: %s: %w", ErrArchive, file, err)
	}
	if _, err := os.Stat(filepath.Join(dir, personal.KeyFile)); err == nil {
		return m, fmt.Errorf("%w: %s holds a key of number hashes: restore into a fresh data folder", store.ErrNotEmpty, dir)
	}
	if err := db.Load(ctx, m.Tables, m.Schema, store.OpenIn(&z.Reader)); err != nil {
		return m, err
	}
	for _, e := range m.Entries {
		name, ok := strings.CutPrefix(e.Name, filesFolder)
		if !ok {
			continue
		}
		if err := extract(&z.Reader, e.Name, filepath.Join(dir, name)); err != nil {
			return m, fmt.Errorf("privacy: restoring %s: %w", name, err)
		}
	}
	return m, nil
}

// readManifest reads the manifest and checks every entry against it.
func readManifest(z *zip.Reader) (m Manifest, err error) {
	f, err := z.Open(manifestName)
	if err != nil {
		return m, err
	}
	defer f.Close()
	if err := json.NewDecoder(f).Decode(&m); err != nil {
		return m, err
	}
	if m.Format != backupFormat {
		return m, fmt.Errorf("format %d is unknown", m.Format)
	}
	for _, e := range m.Entries {
		if name, ok := strings.CutPrefix(e.Name, filesFolder); ok && (name == "" || name != filepath.Base(name) || !filepath.IsLocal(name)) {
			return m, fmt.Errorf("%q is no name of a file", e.Name)
		}
		f, err := z.Open(e.Name)
		if err != nil {
			return m, err
		}
		c := &counted{w: io.Discard, hash: sha256.New()}
		_, err = io.Copy(c, f)
		if err = errors.Join(err, f.Close()); err != nil {
			return m, fmt.Errorf("%s: %w", e.Name, err)
		}
		if c.n != e.Bytes || hex.EncodeToString(c.hash.Sum(nil)) != e.SHA256 {
			return m, fmt.Errorf("%s is damaged: its hash is another one", e.Name)
		}
	}
	for _, t := range m.Tables {
		if !slices.ContainsFunc(m.Entries, func(e ManifestEntry) bool { return e.Name == t.File }) {
			return m, fmt.Errorf("%s has no hash", t.File)
		}
	}
	return m, nil
}

func extract(z *zip.Reader, name, path string) error {
	from, err := z.Open(name)
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, from)
	return errors.Join(err, to.Sync(), to.Close())
}
