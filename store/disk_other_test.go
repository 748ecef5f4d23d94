//go:build !linux

package store

import "testing"

func mountSmallDisk(*testing.T, string) (free func()) { return nil }
