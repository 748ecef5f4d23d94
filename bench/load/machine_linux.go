package load

import (
	"errors"
	"math"
	"os"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// ErrOptions is wrapped by errors about what was asked for.
var ErrOptions = errors.New("bench")

// Machine is where a measurement was made.
type Machine struct {
	Cores  int    `json:"cores"`
	CPU    string `json:"cpu"`
	Kernel string `json:"kernel"`
}

// ThisMachine describes the one we run on.
func ThisMachine() Machine {
	m := Machine{Cores: runtime.NumCPU()}
	info, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(info)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			m.CPU = strings.TrimSpace(value)
			break
		}
	}
	kernel, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	m.Kernel = strings.TrimSpace(string(kernel))
	return m
}

// ownUsage is the processor time of this process.
func ownUsage() Usage {
	var r syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &r)
	return Usage{At: time.Now(), CPU: time.Duration(r.Utime.Nano() + r.Stime.Nano())}
}

func round(v float64, digits int) float64 {
	p := math.Pow(10, float64(digits))
	return math.Round(v*p) / p
}
