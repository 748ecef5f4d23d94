package admin

import (
	"net/http"
	"net/http/pprof"
	"runtime"
	"runtime/debug"
)

// WithDebug adds /debug to a handler, for who measures performance: the profiles of net/http/pprof, and /debug/runtime with the number of
// goroutines and the bytes of the heap, of what is alive after a collection when ?gc=1 is given; what that frees goes back to the
// system.
func WithDebug(h http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", h)
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/runtime", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("gc") == "1" {
			runtime.GC()
			debug.FreeOSMemory() // collects once more, so that what had finalizers or lay in a sync.Pool is gone, and gives the memory back
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		answer(w, http.StatusOK, map[string]any{
			"goroutines": runtime.NumGoroutine(), "heap_bytes": m.HeapAlloc, "heap_objects": m.HeapObjects,
			"stack_bytes": m.StackInuse, "sys_bytes": m.Sys, "gc_cycles": m.NumGC, "gc_cpu_share": m.GCCPUFraction,
		})
	})
	return mux
}
