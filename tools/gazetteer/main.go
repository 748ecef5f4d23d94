package main

import (
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/acotel/acotel-sbc/place"
)

func main() {
	modules := flag.String("modules", ".cache/npm/gazetteer/node_modules", "`folder` with the npm packages")
	out := flag.String("out", "place/data", "`folder` to write to")
	verify := flag.Bool("check", false, "write nothing; fail when the folder is not what the sources give")
	table := flag.String("evaluate", "", "write nothing; compare positions with those of this CSV `file` (insee,name,lat,lon)")
	flag.Parse()
	if err := run(*modules, *out, *verify, *table, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(modules, out string, verify bool, table string, w io.Writer) error {
	a, err := build(modules)
	if err != nil {
		return err
	}
	if table != "" {
		return a.evaluate(table, w)
	}
	files, err := a.files()
	if err != nil {
		return err
	}
	if verify {
		if err := check(out, files); err != nil {
			return err
		}
		fmt.Fprintf(w, "%s is what the sources give.\n", out)
		return nil
	}
	a.summary(w)
	return write(out, files)
}

// build reads the sources and places every commune.
func build(modules string) (*atlas, error) {
	s, err := readSources(modules)
	if err != nil {
		return nil, err
	}
	a := newAtlas(s)
	a.locate()
	a.doubt()
	return a, a.surround()
}

// summary tells a person what was made.
func (a *atlas) summary(w io.Writer) {
	var communes, districts, served, exact, exactServed int
	for _, c := range a.communes {
		if c.Type == typeArrondissement {
			districts++
			continue
		}
		communes++
		in := place.RegionOf(c.Department) != place.RegionOther
		if in {
			served++
		}
		if c.located {
			exact++
			if in {
				exactServed++
			}
		}
	}
	kinds := map[string]int{}
	for _, al := range a.aliases() {
		kinds[al.kind]++
	}
	fmt.Fprintf(w, "%d communes (%d in the regions served), %d municipal arrondissements\n", communes, served, districts)
	fmt.Fprintf(w, "%d communes have a position of their own (%d in the regions served)\n", exact, exactServed)
	fmt.Fprintf(w, "%d names of former communes, %d of localities\n", kinds[aliasFormer], kinds[aliasLocality])
	for _, d := range a.doubted {
		fmt.Fprintf(w, "position not believed: %s\n", d)
	}
}
