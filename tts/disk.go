package tts

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// A file of the disk cache is named by its key and holds magic, the CRC-32C of the sound, the sound: 16-bit mono, little endian.
const (
	diskMagic  = "acospk1\n"
	diskHeader = len(diskMagic) + 4
	diskSuffix = ".pcm"
	halfMade   = "new-*.tmp"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// disk keeps sentences by content, up to limit bytes. It never fails: what can't be read is made anew, what can't be written is not
// kept, and the log says so once in an hour.
type disk struct {
	dir    string
	limit  int64
	log    *slog.Logger
	create func(dir, pattern string) (scratch, error) // os.CreateTemp, but for tests of a full disk

	mu   sync.Mutex
	used int64
	told time.Time // when the log was last told of trouble
}

// scratch is the file that a sentence is written to before it has its name.
type scratch interface {
	io.WriteCloser
	Name() string
}

func createTemp(dir, pattern string) (scratch, error) { return os.CreateTemp(dir, pattern) }

func openDisk(dir string, limit int64, log *slog.Logger) *disk {
	d := &disk{dir: dir, limit: limit, log: log, create: createTemp}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		d.trouble(err)
		return d
	}
	left, _ := filepath.Glob(filepath.Join(dir, halfMade))
	for _, name := range left { // of a crash
		_ = os.Remove(name)
	}
	for _, f := range d.files() {
		d.used += f.Size()
	}
	return d
}

func (d *disk) path(k key) string { return filepath.Join(d.dir, hex.EncodeToString(k[:])+diskSuffix) }

// get reads a sentence; a file that is not what was written is removed.
func (d *disk) get(k key) ([]int16, bool) {
	name := d.path(k)
	data, err := os.ReadFile(name)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			d.trouble(err)
		}
		return nil, false
	}
	if len(data) < diskHeader || string(data[:len(diskMagic)]) != diskMagic || len(data)%2 != 0 ||
		binary.LittleEndian.Uint32(data[len(diskMagic):]) != crc32.Checksum(data[diskHeader:], castagnoli) {
		d.log.Warn("a file of the speech cache is damaged and is made anew", "file", name)
		d.remove(name, int64(len(data)))
		return nil, false
	}
	pcm := make([]int16, (len(data)-diskHeader)/2)
	for i := range pcm {
		pcm[i] = int16(binary.LittleEndian.Uint16(data[diskHeader+2*i:]))
	}
	d.touch(k)
	return pcm, true
}

// touch makes a sentence the last to leave. What can't be touched leaves earlier, no more.
func (d *disk) touch(k key) {
	now := time.Now()
	_ = os.Chtimes(d.path(k), now, now)
}

// put writes a sentence beside its place and moves it there, so that no reader and no crash ever sees half of it.
func (d *disk) put(k key, pcm []int16) {
	data := make([]byte, diskHeader, diskHeader+2*len(pcm))
	copy(data, diskMagic)
	for _, v := range pcm {
		data = binary.LittleEndian.AppendUint16(data, uint16(v))
	}
	binary.LittleEndian.PutUint32(data[len(diskMagic):], crc32.Checksum(data[diskHeader:], castagnoli))
	if int64(len(data)) > d.limit {
		return
	}
	if err := d.write(d.path(k), data); err != nil {
		d.trouble(err)
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.used += int64(len(data))
	if d.used > d.limit {
		d.shrink()
	}
}

func (d *disk) write(name string, data []byte) error {
	f, err := d.create(d.dir, halfMade)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}

// tellAgain is the time after which trouble is logged once more: a full disk takes small files now and then.
const tellAgain = time.Hour

// trouble logs a failure, once in an hour.
func (d *disk) trouble(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.told.IsZero() && time.Since(d.told) < tellAgain {
		return
	}
	d.told = time.Now()
	d.log.Warn("the speech cache can't be used; speech goes on without it: free space on the disk, or check the rights of the folder",
		"folder", d.dir, "error", fmt.Sprint(err))
}

func (d *disk) remove(name string, size int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if os.Remove(name) == nil {
		d.used -= size
	}
}

// shrink removes what was used longest ago until a tenth is free. The lock is held.
func (d *disk) shrink() {
	files := d.files()
	slices.SortFunc(files, func(a, b fs.FileInfo) int { return a.ModTime().Compare(b.ModTime()) })
	d.used = 0
	for _, f := range files {
		d.used += f.Size()
	}
	for _, f := range files {
		if d.used <= d.limit-d.limit/10 {
			return
		}
		if os.Remove(filepath.Join(d.dir, f.Name())) == nil {
			d.used -= f.Size()
		}
	}
}

// files are the sentences on disk.
func (d *disk) files() (out []fs.FileInfo) {
	entries, _ := os.ReadDir(d.dir) // none when it can't be read, as trouble tells
	for _, e := range entries {
		if info, err := e.Info(); err == nil && strings.HasSuffix(e.Name(), diskSuffix) {
			out = append(out, info)
		}
	}
	return out
}
