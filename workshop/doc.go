// Package workshop owns the prevention workshops that callers are told about: where they come from, how they are kept, how they are found.
//
// A source is read row by row into Workshop values; broken rows are listed with their line and the good ones kept. CSV is read here,
// what comes over HTTP (JSON, OpenAgenda, schema.org, iCalendar) in the sub-package source. Replace puts the good ones into the store
// in one transaction, so that a bad refresh never replaces a good copy (D3). A Catalogue loads the stored copy into an immutable index
// in memory and swaps it in atomically: calls search that copy only and never the source. Search widens as C4 asks: 10 km and 4 weeks,
// then 6 and 8 weeks, then 40 and 50 km.
//
// What flows through: rows of text in, Workshop values in the middle, Query → Result out. One Workshop is one dated session; sessions
// that share a Cycle give one entry in a Result. Dates and hours are civil time in Europe/Paris, distances straight lines in km.
// RFC 4180 (CSV). Requirements C4, C7, C8, D1 to D4. The sub-package demo writes demonstration workshops.
package workshop
