package place

import (
	_ "embed"
	"strings"
	"sync"
)

//go:embed data/regions.tsv
var regionsTSV string

// regionBook is regions.tsv: the departments of regions, of today and of before,
// and of what people call a region, by folded name.
var regionBook = sync.OnceValue(func() map[string][]string {
	book := map[string][]string{}
	for line := range strings.Lines(regionsTSV) {
		name, codes, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		book[core(Fold(name))] = strings.Fields(codes)
	}
	return book
})

// regionOf understands words that name a region and nothing else.
func regionOf(words []string) []string {
	for len(words) > 0 {
		if codes, ok := regionBook()[strings.Join(words, " ")]; ok {
			return codes
		}
		if !departmentWords[words[0]] && !lead[words[0]] && words[0] != "region" {
			return nil
		}
		words = words[1:]
	}
	return nil
}
