package storetest

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"sync"
	"sync/atomic"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the database/sql driver "pgx"

	"github.com/acotel/acotel-sbc/store"
)

// Variable is the environment variable with the address of a PostgreSQL database that tests may make schemas in.
const Variable = "TEST_POSTGRES_URL"

var made atomic.Int64

// In is the database that belongs to a folder of the test's own: the same one each time it is asked for the same folder.
func In(t testing.TB, dir string) store.Config {
	t.Helper()
	c := store.Config{Dir: dir}
	if os.Getenv(Variable) == "" {
		return c
	}
	if url, ok := urls.Load(dir); ok {
		c.URL = url.(string)
		return c
	}
	c.URL = Schema(t)
	urls.Store(dir, c.URL)
	return c
}

// urls has the schema of each folder.
var urls sync.Map

// Schema makes an empty schema on the PostgreSQL server and gives its address. Without a server the test is skipped: scripts/test.sh has one.
func Schema(t testing.TB) string {
	t.Helper()
	server := os.Getenv(Variable)
	if server == "" {
		t.Skipf("no PostgreSQL: %s is not set (make test sets it)", Variable)
	}
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("t%d_%d", os.Getpid(), made.Add(1))
	exec(t, server, "CREATE SCHEMA "+name)
	t.Cleanup(func() { exec(t, server, "DROP SCHEMA "+name+" CASCADE") })
	q := u.Query()
	q.Set("search_path", name)
	u.RawQuery = q.Encode()
	return u.String()
}

func exec(t testing.TB, server, statement string) {
	t.Helper()
	db, err := sql.Open("pgx", server)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(context.Background(), statement); err != nil {
		t.Fatal(err)
	}
}

// Open opens an empty database, and closes it when the test ends.
func Open(t testing.TB) *store.DB {
	t.Helper()
	return OpenIn(t, t.TempDir())
}

// OpenIn opens In(t, dir), and closes it when the test ends.
func OpenIn(t testing.TB, dir string) *store.DB {
	t.Helper()
	db, err := store.Open(context.Background(), In(t, dir))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}
