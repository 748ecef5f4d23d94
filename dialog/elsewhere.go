package dialog

// namesPlace says that a place was meant, alone or with what to do there: "je cherche un atelier à Orange", "non, plutôt à Apt".
func (d *Dialog) namesPlace(u understanding) bool {
	return u.is("give_place") || u.sure("give_place") >= sureEnough && (u.is("search") || u.is("give_theme") || u.is("yes") || u.is("no") || u.is("next"))
}

// elsewhere takes another place named in the middle of things as a new search.
func (d *Dialog) elsewhere(u understanding) bool {
	if !d.namesPlace(u) {
		return false
	}
	if !plainPlace(u) {
		return false
	}
	d.anotherSearch()
	d.want(u)
	return d.locate(u)
}
