// Package training holds what is kept apart when the phoneme reader learns. The recipe itself is Python, see README.md.
package training
