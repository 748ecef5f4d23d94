package workshop

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/acotel/acotel-sbc/store"
	"github.com/acotel/acotel-sbc/store/storetest"
)

func open(t *testing.T) *store.DB {
	t.Helper()
	return storetest.Open(t)
}

// csvOf gives a file with so many good and broken rows.
func csvOf(good, broken int) string {
	var b strings.Builder
	b.WriteString("id,title,theme,date,postal_code\n")
	for i := range good {
		fmt.Fprintf(&b, "g%d,T,corps,2026-05-14,84000\n", i)
	}
	for range broken {
		b.WriteString("b,T,corps,never,84000\n")
	}
	return b.String()
}

func TestStoreRoundTrip(t *testing.T) {
	ctx, db := context.Background(), open(t)
	if _, _, err := Load(ctx, db); !errors.Is(err, ErrEmpty) {
		t.Fatalf("a new store gives %v, want ErrEmpty", err)
	}
	var ws []Workshop
	for i := range 2*perInsert + 7 {
		ws = append(ws, sample(fmt.Sprintf("id-%03d", i), i))
	}
	ws = append(ws, Workshop{ID: "z", Title: "T", Theme: Themes()[0].Label, Date: ws[0].Date, Status: Cancelled, Remote: true, Price: Price{Kind: Free}})
	wrote, err := Replace(ctx, db, ws, Meta{Source: "s", LoadedAt: noon.UTC()}, Acceptance{})
	if err != nil {
		t.Fatal(err)
	}
	got, m, err := Load(ctx, db)
	if err != nil {
		t.Fatal(err)
	}
	if m != wrote || m.Rows != len(ws) || m.Source != "s" {
		t.Errorf("meta %+v, wrote %+v", m, wrote)
	}
	if !slices.Equal(got, ws) {
		t.Error("the store gives back other workshops than it was given")
	}
	c := NewCatalogue(func() time.Time { return noon })
	if err := c.Load(ctx, db); err != nil || c.Len() != len(ws) {
		t.Errorf("catalogue of %d, %v", c.Len(), err)
	}
}

func TestABadRefreshNeverReplacesAGoodCopy(t *testing.T) {
	for _, c := range []struct {
		name         string
		before       int // rows stored before, 0: nothing
		good, broken int
		force        bool
		refused      bool
	}{
		{"a good file", 30, 25, 0, false, false},
		{"some broken rows", 30, 25, 24, false, false},
		{"mostly broken", 30, 10, 15, false, true},
		{"mostly broken, forced", 30, 10, 15, true, false},
		{"mostly broken, but nothing to lose", 0, 10, 15, false, false},
		{"mostly broken, but a person's small file", 30, 2, 9, false, false},
		{"empty", 30, 0, 0, false, true},
		{"empty, nothing to lose", 0, 0, 0, false, true},
		{"all broken", 30, 0, 3, false, true},
		{"empty, forced", 30, 0, 0, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx, db := context.Background(), open(t)
			o := ImportOptions{Name: "old.csv", Gazetteer: towns, Now: noon}
			if c.before > 0 {
				if _, _, err := Import(ctx, db, strings.NewReader(csvOf(c.before, 0)), o); err != nil {
					t.Fatal(err)
				}
			}
			o.Name, o.Force = "new.csv", c.force
			read, m, err := Import(ctx, db, strings.NewReader(csvOf(c.good, c.broken)), o)
			if errors.Is(err, ErrRefused) != c.refused || !c.refused && err != nil {
				t.Fatalf("error %v, refused wanted: %v", err, c.refused)
			}
			if read.BrokenRows != c.broken || len(read.Workshops) != c.good {
				t.Errorf("read %d good and %d broken", len(read.Workshops), read.BrokenRows)
			}
			stored, have, loadErr := Load(ctx, db)
			switch {
			case !c.refused:
				if loadErr != nil || len(stored) != c.good || have != m || have.Source != "new.csv" || have.Broken != c.broken {
					t.Errorf("stored %d, %+v, %v", len(stored), have, loadErr)
				}
			case c.before == 0:
				if !errors.Is(loadErr, ErrEmpty) {
					t.Errorf("error %v, want ErrEmpty", loadErr)
				}
			case len(stored) != c.before || have.Source != "old.csv":
				t.Errorf("the good copy was lost: %d rows of %s", len(stored), have.Source)
			}
		})
	}
}

func TestAFailedReplaceLeavesEverything(t *testing.T) {
	ctx, db := context.Background(), open(t)
	if _, err := Replace(ctx, db, []Workshop{sample("a", 1)}, Meta{Source: "old"}, Acceptance{}); err != nil {
		t.Fatal(err)
	}
	if _, err := Replace(ctx, db, []Workshop{sample("x", 1), sample("x", 2)}, Meta{Source: "new"}, Acceptance{}); err == nil {
		t.Fatal("two workshops of one ID were stored")
	}
	ws, m, err := Load(ctx, db)
	if err != nil || len(ws) != 1 || ws[0].ID != "a" || m.Source != "old" {
		t.Errorf("%d workshops of %q, %v", len(ws), m.Source, err)
	}
	m, err = StoredMeta(ctx, db)
	if err != nil || m.Rows != 1 {
		t.Errorf("status %+v, %v", m, err)
	}
	c := catalogueOf(near("kept", 1, 1))
	closed := open(t)
	if err := c.Load(ctx, closed); !errors.Is(err, ErrEmpty) || c.Len() != 1 {
		t.Errorf("a failed load gives %v and leaves %d workshops, want ErrEmpty and 1", err, c.Len())
	}
}
