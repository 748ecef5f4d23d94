package onnx

import (
	"errors"
	"fmt"
	"sync"

	ort "github.com/yalue/onnxruntime_go"

	"github.com/acotel/acotel-sbc/models"
)

// ErrUnavailable is returned by Load when the library is missing or can't be used.
var ErrUnavailable = errors.New("onnx: ONNX Runtime is not available")

// Runtime is the loaded library. There is one in a process.
type Runtime struct{ version string }

// load is the library's state of this process: dlopen happens once, and the binding keeps it in variables of its own, so it can be
// no field of anything.
var load struct {
	sync.Mutex
	runtime *Runtime
}

// Load finds the library in dirs (see models.Folders), checks its sum and starts it; a second call gives the same Runtime. It is never
// unloaded. A failed Load may be tried again. Errors: ErrUnavailable, which wraps those of models.Find.
func Load(dirs ...string) (*Runtime, error) {
	load.Lock()
	defer load.Unlock()
	if load.runtime != nil {
		return load.runtime, nil
	}
	path, err := models.Find(models.ONNXRuntime, dirs...)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	ort.SetSharedLibraryPath(path)
	if err := ort.InitializeEnvironment(ort.WithLogLevelError()); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrUnavailable, path, err)
	}
	load.runtime = &Runtime{version: ort.GetVersion()}
	return load.runtime, nil
}

// Version is the library's own, "1.28.2".
func (r *Runtime) Version() string { return r.version }

// Open makes a network ready from the content of its file, running on the caller's thread alone. The Session must be
// destroyed; its Run may be called from several goroutines at once.
func (r *Runtime) Open(network []byte, inputs, outputs []string) (*ort.DynamicAdvancedSession, error) {
	return open(func(o *ort.SessionOptions) (*ort.DynamicAdvancedSession, error) {
		return ort.NewDynamicAdvancedSessionWithONNXData(network, inputs, outputs, o)
	})
}

// OpenFile is Open for a network whose weights stand beside it in files of their own.
func (r *Runtime) OpenFile(path string, inputs, outputs []string) (*ort.DynamicAdvancedSession, error) {
	return open(func(o *ort.SessionOptions) (*ort.DynamicAdvancedSession, error) {
		if err := o.SetMemPattern(false); err != nil { // remembers the memory of each shape: sound has a thousand lengths
			return nil, err
		}
		return ort.NewDynamicAdvancedSession(path, inputs, outputs, o)
	})
}

func open(session func(*ort.SessionOptions) (*ort.DynamicAdvancedSession, error)) (*ort.DynamicAdvancedSession, error) {
	o, err := ort.NewSessionOptions()
	if err != nil {
		return nil, fmt.Errorf("onnx: %w", err)
	}
	defer o.Destroy()
	err = errors.Join(o.SetIntraOpNumThreads(1), o.SetInterOpNumThreads(1))
	if err != nil {
		return nil, fmt.Errorf("onnx: %w", err)
	}
	s, err := session(o)
	if err != nil {
		return nil, fmt.Errorf("onnx: the network can't be opened: %w", err)
	}
	return s, nil
}
