package source

// preset is what a well-known kind of source brings.
type preset struct {
	mapping Mapping
	paging  Paging
}

// presets gives the ready-made mappings. Themes are nobody's standard: keywords that are a theme's word (words.yaml of workshop, or
// themes of the configuration) tell it.
func presets(k Kind) (preset, bool) {
	switch k {
	case OpenAgenda:
		return openAgenda(), true
	case SchemaOrg:
		return schemaOrg(), true
	case ICalendar:
		return iCalendar(), true
	}
	return preset{}, false
}

// openAgenda is the shape of OpenAgenda's API, version 2 (GET /v2/agendas/{uid}/events?detailed=1): one event with many timings, texts by
// language, pages by the cursor `after`.
func openAgenda() preset {
	return preset{
		mapping: Mapping{
			Items: "events", Each: "timings",
			Fields: map[string][]string{
				"id": {"uid"}, "title": {"title.fr", "title"}, "summary": {"description.fr"}, "description": {"longDescription.fr", "html.fr"},
				"theme": {"keywords.fr", "keywords"}, "date": {"each.begin"}, "start": {"each.begin"}, "end": {"each.end"},
				"venue": {"location.name"}, "address": {"location.address"}, "postal_code": {"location.postalCode"}, "city": {"location.city"},
				"insee": {"location.insee"}, "lat": {"location.latitude"}, "lon": {"location.longitude"},
				"organiser": {"contributor.organization", "originAgenda.title"}, "price": {"conditions.fr"},
				"phone":  {`registration.#(type=="phone")#.value`, "location.phone", "conditions.fr", "longDescription.fr"},
				"status": {"status"}, "remote": {"attendanceMode"},
			},
			// 1 scheduled, 2 rescheduled, 3 moved online, 4 postponed, 5 full, 6 cancelled
			Statuses: map[string]string{"1": "open", "2": "open", "3": "open", "4": "cancelled", "5": "full", "6": "cancelled"},
			// 1 on site, 2 online, 3 both
			Values: map[string]map[string]string{"remote": {"1": "false", "2": "true", "3": "false"}},
		},
		paging: Paging{Kind: Cursor, Parameter: "after[]", SizeParameter: "size", Size: 100, Next: "after"},
	}
}

// schemaOrg is schema.org's Event in JSON-LD, alone, in a list or under @graph.
func schemaOrg() preset {
	return preset{mapping: Mapping{
		Items: "@graph",
		Fields: map[string][]string{
			"id": {"@id", "identifier", "url"}, "title": {"name"}, "description": {"description"}, "theme": {"keywords", "about.name"},
			"start": {"startDate"}, "end": {"endDate"}, "venue": {"location.name"}, "address": {"location.address.streetAddress"},
			"postal_code": {"location.address.postalCode"}, "city": {"location.address.addressLocality"},
			"lat": {"location.geo.latitude"}, "lon": {"location.geo.longitude"}, "organiser": {"organizer.name"},
			"phone": {"organizer.telephone", "location.telephone", "description"}, "price": {"offers.price", "offers.0.price"},
			"status": {"eventStatus"}, "remote": {"eventAttendanceMode"},
		},
		Statuses: schemaOrgWords(map[string]string{"EventScheduled": "open", "EventRescheduled": "open", "EventMovedOnline": "open",
			"EventPostponed": "cancelled", "EventCancelled": "cancelled"}),
		Values: map[string]map[string]string{"remote": schemaOrgWords(map[string]string{"OfflineEventAttendanceMode": "false",
			"OnlineEventAttendanceMode": "true", "MixedEventAttendanceMode": "false"})},
	}}
}

// schemaOrgWords adds the forms in which the words of schema.org are written: alone, and as addresses.
func schemaOrgWords(words map[string]string) map[string]string {
	out := map[string]string{}
	for word, ours := range words {
		for _, prefix := range []string{"", "https://schema.org/", "http://schema.org/"} {
			out[prefix+word] = ours
		}
	}
	return out
}

// iCalendar reads the objects that calendar.go makes of VEVENT components.
func iCalendar() preset {
	return preset{mapping: Mapping{
		Items: "events", Each: "sessions", rolling: true,
		Fields: map[string][]string{
			"id": {"UID"}, "cycle": {"cycle"}, "title": {"SUMMARY"}, "description": {"DESCRIPTION"}, "theme": {"CATEGORIES"},
			"start": {"each.begin"}, "end": {"each.end"}, "venue": {"place.venue"}, "address": {"place.address"},
			"postal_code": {"place.postal_code"}, "city": {"place.city"}, "lat": {"place.lat"}, "lon": {"place.lon"},
			"organiser": {"organiser.name"}, "phone": {"organiser.tel", "CONTACT", "DESCRIPTION"}, "status": {"STATUS"},
		},
		Statuses: map[string]string{"CONFIRMED": "open", "TENTATIVE": "open", "CANCELLED": "cancelled"},
	}}
}
