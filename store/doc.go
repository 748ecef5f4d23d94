// Package store opens the database of the service and keeps its schema up to date.
//
// By default it is one SQLite file in the data folder, opened as one writing connection and several reading ones, in WAL mode: the call
// recorder, the workshop catalogue and the SMS outbox write while reports and other processes (acotel-sbc traces) read.
// A transaction that was committed survives kill -9 and a power cut (synchronous=FULL: one fsync a transaction, which
// the recorder's batches make cheap).
//
// With an address of a PostgreSQL server it is that database instead, with the same split into a writing connection and reading ones.
//
// SQL here and in the packages above is kept to what SQLite and PostgreSQL both know: $1 placeholders, TEXT, BIGINT,
// DOUBLE PRECISION and BOOLEAN columns, INSERT … ON CONFLICT, times as UTC text of one width (FormatTime).
//
// The migrations are embedded; their numbers belong to packages: 1–19 record and sms, 20–29 workshop, 40–49 privacy.
package store
