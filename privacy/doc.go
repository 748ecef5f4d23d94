// Package privacy keeps the promises made about personal data (G1 to G5): retention with its purge and certificates, access, erasure and
// export for one number, the register of processing, the log of breaches, and the ledger in which all of this is written.
//
// The ledger is append-only and chained by hash: each entry covers the one before, the database's triggers let nobody change one, and a file
// beside the database holds the last hash seen, so that a cut end is noticed, too. A purge never changes a figure: what is past its
// retention keeps what the measures of record count, under a name that means nothing and at the half-hour (Stats before = Stats after).
package privacy
