// Package admin is what the service shows over HTTP. Today that is whether it
// lives and whether it can take calls; the console of the regional funds (K11)
// grows here.
//
//	GET /healthz  200 while the process runs
//	GET /readyz   200 when calls can be served, 503 with the reasons when not
//	GET /metrics  figures for Prometheus, see package metrics
//	GET /debug/…  profiles (net/http/pprof) and figures of the process, when http.debug is set; the service adds
//	              /debug/conversations, what is said in the calls as it happens
//
// Health answers are JSON. Nothing here knows SIP.
package admin
