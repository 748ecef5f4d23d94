// Package report writes the monthly steering report (K14): one self-contained, printable HTML page in French, with charts (inline SVG),
// each with its table, the month before, the targets, availability (K12) and the usage that is billed (K13). Its figures are those of
// record.ComputeStats, its words stand in report.html; comments come from whoever writes the report.
package report
