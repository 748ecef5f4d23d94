// Package storetest opens empty databases for tests: SQLite in a folder of the test's own, or, where TEST_POSTGRES_URL names a
// PostgreSQL server (scripts/test.sh starts one), a schema of the test's own there. So the same tests run on both.
package storetest
