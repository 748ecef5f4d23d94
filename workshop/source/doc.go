// Package source fetches workshops from where they are published and keeps the local copy young.
//
// A Source is described by configuration alone (D1): the kind (CSV, JSON, OpenAgenda v2, schema.org Event, iCalendar), the address, how its
// pages follow each other, and where an item keeps our fields. What flows through: polite HTTP requests out, bounded answers in, items
// mapped to records, records to workshop.Read. A Refresher does that on a schedule with conditional requests, hands the result to
// workshop.Replace, which holds back what has lost too much, and puts a good copy into the Catalogue; calls never wait for any of it (D3).
//
// RFC 9110 (conditional requests, Retry-After), RFC 8288 (Link), RFC 8259 (JSON), RFC 5545 (iCalendar), schema.org Event.
package source
