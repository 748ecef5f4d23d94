package store

import "github.com/pressly/goose/v3"

// Provider lets tests move the schema to an older version and back.
func (db *DB) Provider() (*goose.Provider, error) { return db.provider() }
