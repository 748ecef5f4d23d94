package models

import (
	_ "embed"
	"fmt"
	"runtime"
	"strconv"
	"strings"
)

//go:embed manifest.tsv
var manifest string

// Names of the manifest.
const (
	ONNXRuntime = "onnxruntime" // the shared library of ONNX Runtime
	SileroVAD   = "silero-vad"  // voice activity, ONNX
)

// File is one line of the manifest: a file that make setup takes out of a wheel.
type File struct {
	Name    string
	Machine string // uname -m, or "any"
	Wheel   string // project of requirements.txt
	Path    string // below the models folder
	Bytes   int64
	SHA256  string // hex
	Licence string // SPDX
}

// machines are the names that uname gives to Go's architectures.
func machine(goarch string) string {
	switch goarch {
	case "amd64":
		return "x86_64"
	case "arm64":
		return "aarch64"
	}
	return goarch
}

// Manifest lists the files for this machine.
func Manifest() ([]File, error) { return parse(manifest, machine(runtime.GOARCH)) }

func parse(text, machine string) (files []File, err error) {
	for i, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Split(line, "\t")
		if len(f) != 8 {
			return nil, fmt.Errorf("models: manifest.tsv:%d: %d columns, want 8", i+1, len(f))
		}
		size, err := strconv.ParseInt(f[5], 10, 64)
		if err != nil {
			return nil, fmt.Errorf("models: manifest.tsv:%d: size: %w", i+1, err)
		}
		if f[1] == "any" || f[1] == machine {
			files = append(files, File{Name: f[0], Machine: f[1], Wheel: f[2], Path: f[4], Bytes: size, SHA256: f[6], Licence: f[7]})
		}
	}
	return files, nil
}
