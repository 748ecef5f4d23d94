package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// An official file, from disk or by its address, replaces estimated positions in
// the data folder; broken rows are listed as FILE:LINE: reason, status 1.
func TestPlacesImport(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	const head = "#Code_commune_INSEE;Nom_de_la_commune;Code_postal;Libellé_d_acheminement;Ligne_5;_geopoint\n"
	const row = "01001;L ABERGEMENT CLEMENCIAT;01400;L ABERGEMENT CLEMENCIAT;;46.1517, 4.9306\n"
	csv := file(t, "hexasmal.csv", head+"84007;AVIGNON;8x;AVIGNON;;\n"+row)
	out, errOut, code := program(t, "", "places", "import", csv, "--data", data)
	if code != 1 || !strings.Contains(errOut, "hexasmal.csv:2: ") || !strings.Contains(out, "1 commune ") {
		t.Errorf("status %d\n%s\n%s", code, out, errOut)
	}
	where := func(args ...string) string {
		out, errOut, code := program(t, "", append([]string{"place", "l'abergement clémenciat", "--json"}, args...)...)
		if code != 0 {
			t.Fatalf("place: %d %s", code, errOut)
		}
		return out
	}
	if got := where("--data", data); !strings.Contains(got, `"lat":46.1517,"lon":4.9306,"approximate":false`) {
		t.Errorf("imported: %s", got)
	}
	if got := where(); !strings.Contains(got, `"approximate":true`) {
		t.Errorf("without a data folder: %s", got)
	}

	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/communes" {
			http.NotFound(w, r)
			return
		}
		fmt.Fprint(w, `[{"nom":"L'Abergement-Clémenciat","code":"01001","codesPostaux":["01400"],"centre":{"type":"Point","coordinates":[4.92,46.16]},"population":900}]`)
	}))
	defer site.Close()
	if out, errOut, code := program(t, "", "places", "import", site.URL+"/communes", "--data", data); code != 0 || !strings.Contains(out, "exactes : 1") {
		t.Errorf("status %d\n%s\n%s", code, out, errOut)
	}
	if got := where("--data", data); !strings.Contains(got, `"lat":46.16,"lon":4.92`) {
		t.Errorf("imported by address: %s", got)
	}
	for _, args := range [][]string{{site.URL + "/nowhere"}, {"nowhere.csv"}, {file(t, "empty.csv", head)}} {
		if _, errOut, code := program(t, "", append([]string{"places", "import", "--data", data}, args...)...); code != 1 || errOut == "" {
			t.Errorf("%v: status %d, %s", args, code, errOut)
		}
	}
	if got := where("--data", data); !strings.Contains(got, `"lat":46.16`) {
		t.Errorf("after imports that failed: %s", got)
	}
}
