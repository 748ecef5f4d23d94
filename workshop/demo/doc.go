// Package demo writes demonstration workshops: a season of prevention workshops that nobody runs, at places that exist, with telephone
// numbers that are reserved for fiction (01 99 00, 06 39 98).
//
// Options (seed, first day, gazetteer) go in, workshop.Workshop values come out, the same ones for the same options. All French text
// stands in the embedded data files; the code only draws from them. Cycles of 6 to 12 weekly sessions are dated from the first day on,
// never on a Sunday, a public holiday or at night. The well-known towns always have something near and soon; a few places are kept
// quiet so that every step of the widening (C4) can be heard, and some places in other parts of France have nothing at all (C6).
package demo
