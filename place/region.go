package place

import "strings"

// The regions of the service, in the words that traces and statistics use
// (requirements, section Regions). RegionOther is every other department.
const (
	RegionSudEst    = "sud-est"
	RegionLanguedoc = "languedoc-roussillon"
	RegionCentre    = "centre-val-de-loire"
	RegionBourgogne = "bourgogne-franche-comte"
	RegionOther     = "autre"
)

// RegionOf returns the region word of a department code; RegionOther when the
// service does not cover it or the code is unknown.
func RegionOf(department string) string {
	switch strings.ToUpper(department) {
	case "04", "05", "06", "13", "83", "84", "2A", "2B":
		return RegionSudEst
	case "11", "30", "34", "48", "66":
		return RegionLanguedoc
	case "18", "28", "36", "37", "41", "45":
		return RegionCentre
	case "21", "25", "39", "58", "70", "71", "89", "90":
		return RegionBourgogne
	}
	return RegionOther
}

// DepartmentOf returns the department (or overseas collectivity) of an INSEE
// code: two characters, three from 97 on; "" when the code is not five long.
func DepartmentOf(insee string) string {
	if len(insee) != 5 {
		return ""
	}
	if strings.HasPrefix(insee, "97") || strings.HasPrefix(insee, "98") {
		return insee[:3]
	}
	return strings.ToUpper(insee[:2])
}
