package workshop

import (
	"fmt"

	"github.com/acotel/acotel-sbc/place"
)

// locate fills point, commune and region of a workshop from what the row says about its place. What the row gives is never replaced,
// so that an exported file comes back as it was. A remote workshop needs no place.
func (r *row) locate(w *Workshop) {
	if w.Remote {
		return
	}
	if w.PostalCode == "" && w.City == "" && w.INSEE == "" && !w.Located() {
		r.bad("", "there is no place: give postal_code, city, insee, or lat and lon, or say that it is remote")
		return
	}
	if w.Region != "" && w.Located() {
		return
	}
	p, exact, known := r.commune(w)
	switch {
	case known:
		if exact && w.INSEE == "" {
			w.INSEE = p.INSEE
		}
		if !w.Located() {
			w.Lat, w.Lon = p.Lat, p.Lon
		}
		if w.Region == "" {
			w.Region = p.Region
		}
	case !w.Located() && r.g != nil:
		r.bad("", fmt.Sprintf("the place is on no map (postal code %q, town %q); give insee, or lat and lon", w.PostalCode, shorten(w.City, 60)))
	case w.Region == "":
		w.Region = place.RegionOf(departmentOf(w))
	}
}

// commune finds the commune of a row: by its code, by postal code and town, by town alone when only one is meant. exact tells a commune
// that is surely meant from the biggest one of a postal code.
func (r *row) commune(w *Workshop) (p place.Place, exact, known bool) {
	if r.g == nil {
		return place.Place{}, false, false
	}
	if w.INSEE != "" {
		if p, ok := r.g.ByINSEE(w.INSEE); ok {
			return p, true, true
		}
	}
	if w.PostalCode != "" {
		places := r.g.ByPostalCode(w.PostalCode)
		for _, p := range places {
			if place.Fold(p.Name) == place.Fold(w.City) {
				return p, true, true
			}
		}
		if len(places) > 0 {
			return places[0], len(places) == 1, true
		}
	}
	if w.City == "" {
		return place.Place{}, false, false
	}
	p, known = r.town(w)
	return p, true, known
}

// town finds a commune by its name alone, within the department when a postal code (a CEDEX code, say) tells it.
func (r *row) town(w *Workshop) (place.Place, bool) {
	key := departmentOf(w) + "\x00" + w.City
	if p, seen := r.towns[key]; seen {
		return p, p.INSEE != ""
	}
	var found []place.Place
	for _, m := range r.g.Find(w.City) {
		if place.Fold(m.Name) == place.Fold(w.City) && (w.PostalCode == "" || m.Department == departmentOf(w)) {
			found = append(found, m.Place)
		}
	}
	var p place.Place
	if len(found) == 1 {
		p = found[0]
	}
	r.towns[key] = p
	return p, p.INSEE != ""
}

// departmentOf reads the department from the commune code, or else from the postal code (Corsica: 200, 201 are 2A).
func departmentOf(w *Workshop) string {
	if w.INSEE != "" {
		return place.DepartmentOf(w.INSEE)
	}
	switch code := w.PostalCode; {
	case len(code) != 5:
		return ""
	case code[:2] == "97" || code[:2] == "98":
		return code[:3]
	case code[:3] == "200" || code[:3] == "201":
		return "2A"
	case code[:2] == "20":
		return "2B"
	default:
		return code[:2]
	}
}
