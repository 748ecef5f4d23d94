// Package check will test the whole chain from outside (requirement T7): a call of
// its own through the SIP socket that speaks and must be understood, a search, a
// dry-run SMS, the database, the disk, certificates and the trunk's registration.
//
// In goes what to check and how often; out come links, each with a state, since
// when, and a reason, for the readiness of admin, for alerts, and for the incident
// messages of call (T3). It uses the test caller of bench and is imported by cmd
// alone.
package check
