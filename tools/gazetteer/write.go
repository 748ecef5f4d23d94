package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/acotel/acotel-sbc/place"
)

// Names of the files made.
const (
	gazetteerFile   = "gazetteer.tsv.gz"
	departmentsFile = "departments.tsv"
	sumsFile        = "SHA256SUMS"
)

// table is the gazetteer in the form that place.Read takes.
func (a *atlas) table() []byte {
	var b bytes.Buffer
	fmt.Fprintln(&b, place.FormatLine)
	for _, c := range a.communes {
		decimals, errorKM := 4, ""
		if !c.located {
			decimals, errorKM = 3, strconv.FormatFloat(c.errorKM, 'f', 1, 64)
		}
		row(&b, "C", c.Code, c.Name, strings.Join(c.PostalCodes, " "), strconv.Itoa(c.Population),
			degrees(c.at.lat, decimals), degrees(c.at.lon, decimals), errorKM, c.City)
	}
	for _, al := range a.aliases() {
		lat, lon := "", ""
		if al.at != (point{}) {
			lat, lon = degrees(al.at.lat, 4), degrees(al.at.lon, 4)
		}
		row(&b, "A", al.code, al.name, al.kind, lat, lon)
	}
	old := []string{}
	for code, current := range a.current {
		if code != current {
			old = append(old, "O\t"+code+"\t"+current+"\n")
		}
	}
	slices.Sort(old)
	b.WriteString(strings.Join(old, ""))
	return b.Bytes()
}

// row writes cells with tabs between, empty ones at the end left out.
func row(b *bytes.Buffer, cells ...string) {
	for len(cells) > 0 && cells[len(cells)-1] == "" {
		cells = cells[:len(cells)-1]
	}
	b.WriteString(strings.Join(cells, "\t"))
	b.WriteByte('\n')
}

func degrees(v float64, decimals int) string { return strconv.FormatFloat(v, 'f', decimals, 64) }

// departmentTable has a row for each department: code, name, "dans le Vaucluse".
func (a *atlas) departmentTable() []byte {
	var b bytes.Buffer
	list := slices.Clone(a.departments)
	slices.SortFunc(list, func(x, y department) int { return strings.Compare(x.Code, y.Code) })
	for _, d := range list {
		row(&b, d.Code, d.Name, within(d))
	}
	return b.Bytes()
}

// within puts the preposition before a department's name. Link (INSEE's TNCC)
// knows the article; compound feminine names and Corsica take "en" all the same.
func within(d department) string {
	overseas := d.Code >= "97"
	island := overseas && d.Link == 0 && !strings.HasPrefix(d.Name, "Polynésie") && !strings.HasPrefix(d.Name, "Nouvelle")
	switch {
	case strings.HasPrefix(d.Name, "Terres "):
		return "dans les " + d.Name
	case d.Code == "75" || island:
		return "à " + d.Name
	case d.Link == 2:
		return "dans le " + d.Name
	case d.Link == 3 && !overseas && !strings.Contains(d.Name, "-"):
		return "dans la " + d.Name
	case d.Link == 4:
		return "dans les " + d.Name
	case d.Link == 5:
		return "dans l'" + d.Name
	}
	return "en " + d.Name
}

// files is what goes to place/data, by name. The sums are of what is inside the
// compressed file, so that another version of the compressor changes nothing.
func (a *atlas) files() (map[string][]byte, error) {
	table, departments := a.table(), a.departmentTable()
	var packed bytes.Buffer
	z, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return nil, fmt.Errorf("gazetteer: %w", err)
	}
	if _, err := z.Write(table); err != nil {
		return nil, fmt.Errorf("gazetteer: %w", err)
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("gazetteer: %w", err)
	}
	sums := fmt.Sprintf("%x  %s\n%x  %s\n", sha256.Sum256(departments), departmentsFile,
		sha256.Sum256(table), strings.TrimSuffix(gazetteerFile, ".gz"))
	return map[string][]byte{gazetteerFile: packed.Bytes(), departmentsFile: departments, sumsFile: []byte(sums)}, nil
}

// write replaces the files of folder one by one, each in a single step.
func write(folder string, files map[string][]byte) error {
	for name, content := range files {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path+".new", content, 0o644); err != nil {
			return fmt.Errorf("gazetteer: %w", err)
		}
		if err := os.Rename(path+".new", path); err != nil {
			return fmt.Errorf("gazetteer: %w", err)
		}
	}
	return nil
}

var errDiffers = errors.New("run tools/gazetteer/build.sh and commit place/data")

// check compares what folder holds with what was made.
func check(folder string, files map[string][]byte) error {
	for _, name := range []string{departmentsFile, sumsFile, gazetteerFile} {
		have, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			return fmt.Errorf("gazetteer: %w", err)
		}
		same := bytes.Equal(have, files[name])
		if name == gazetteerFile {
			same, err = sameInside(have, files[name])
		}
		if err != nil || !same {
			return fmt.Errorf("gazetteer: %s is not what the sources give; %w", filepath.Join(folder, name), errDiffers)
		}
	}
	return nil
}

func sameInside(a, b []byte) (bool, error) {
	x, err := unpack(a)
	if err != nil {
		return false, err
	}
	y, err := unpack(b)
	return bytes.Equal(x, y), err
}

func unpack(b []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}
