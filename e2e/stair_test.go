package e2e

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

// stair are the rows of docs/architecture.md, highest first. A package imports
// from lower rows only, or from below itself.
var stair = [][]string{
	{"cmd"}, {"softphone", "check"}, {"metrics"}, {"call", "admin", "report"}, {"bench"}, {"simulate"}, {"hearing"}, {"dialog", "privacy"}, {"sip", "record", "sms", "workshop", "speech", "edits"}, {"media", "asr", "tts", "place", "store", "config", "capture"}, {"onnx", "personal"}, {"models", "openai", "wyoming", "breaker"},
}

// sameRow are the steps sideways that the plan allows, with their reason.
var sameRow = map[string]string{
	"asr": "media",    // backends resample what the line gives
	"tts": "media",    // the voice is resampled and levelled by media
	"sms": "workshop", // the composer writes about workshops
}

func TestImportsGoDownTheStair(t *testing.T) {
	const module = "github.com/acotel/acotel-sbc/"
	row := map[string]int{}
	for i, names := range stair {
		for _, n := range names {
			row[n] = i
		}
	}
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "../...").Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		from, _, _ := strings.Cut(strings.TrimPrefix(p.ImportPath, module), "/")
		if from == "e2e" || from == "tools" {
			continue
		}
		if _, ok := row[from]; !ok {
			t.Errorf("%s is in no row of the stair", p.ImportPath)
		}
		seen++
		for _, i := range p.Imports {
			path, ours := strings.CutPrefix(i, module)
			to, _, _ := strings.Cut(path, "/")
			if ours && to != from && row[to] <= row[from] && sameRow[from] != to {
				t.Errorf("%s imports %s, which is not below it", p.ImportPath, i)
			}
		}
	}
	if seen < 12 {
		t.Errorf("only %d packages seen", seen)
	}
}
