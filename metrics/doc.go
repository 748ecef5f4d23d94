// Package metrics gives the figures of the running service to Prometheus: GET /metrics, text exposition format.
//
// Two kinds of sources meet here. What happens in calls is counted and timed as it happens (Calls, which is a call.Meter). What other
// parts count by themselves, or what is a state, is read when somebody asks (Watch): packets of the sessions, messages of the SIP
// endpoint, trunks, the workshops' copy, caches.
//
// Names follow the conventions of Prometheus: base units (seconds, bytes, ratios), _total for counters. Labels have few values that are
// known beforehand: never a number, a call, an address or a text. docs/metrics.md describes every metric; a test compares.
package metrics
