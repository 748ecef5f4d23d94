package workshop

import "github.com/acotel/acotel-sbc/place"

// Area is where to look for workshops: a point and how far off it may be.
type Area struct {
	Label      string  // the place in words, "Avignon"; becomes Result.Place
	Lat, Lon   float64 // WGS84 degrees
	ErrorKM    float64 // how far the caller's real place may lie from the point; every radius is widened by it
	Region     string  // region words of contracts; decides which remote workshops are proposed
	INSEE      string  // when a commune is known
	PostalCode string  // when a postal code was given
}

// maxZoneKM bounds what the extent of a postal code adds to a search. Some codes span 25 km; adding all of it would tell callers at one
// end about workshops an hour's drive away while the first search promises 10 km.
const maxZoneKM = 10

// AreaOfPlace looks around a commune: its point, widened by its error when it is approximate.
func AreaOfPlace(p place.Place) Area {
	a := Area{Label: p.Name, Lat: p.Lat, Lon: p.Lon, ErrorKM: p.ErrorKM, Region: p.Region, INSEE: p.INSEE}
	if len(p.PostalCodes) == 1 {
		a.PostalCode = p.PostalCodes[0]
	}
	return a
}

// AreaOfZone looks around a postal code: the centre of its communes, widened by their extent (10 km at most) and by the error of
// approximate points. The label and the region are those of its biggest commune.
func AreaOfZone(z place.Zone) Area {
	a := Area{Label: z.Code, Lat: z.Lat, Lon: z.Lon, ErrorKM: min(z.RadiusKM, maxZoneKM) + z.ErrorKM, PostalCode: z.Code}
	if len(z.Places) > 0 {
		a.Label, a.Region = z.Places[0].Name, z.Places[0].Region
	}
	if len(z.Places) == 1 {
		a.INSEE = z.Places[0].INSEE
	}
	return a
}
