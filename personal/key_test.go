package personal

import (
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

func TestNumberKey(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	k, err := OpenNumberKey(dir, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	again, err := OpenNumberKey(dir, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	one, two := NewPhone("+33639980001"), NewPhone("+33639980002")
	if a, b := k.Hash(one), again.Hash(one); a != b || len(a) != 64 || a == k.Hash(two) || k.Hash(Phone{}) != "" || k.Hashes(Phone{}) != nil {
		t.Errorf("%s, %s", a, b)
	}
	for _, text := range []string{fmt.Sprintf("%v %+v %s %#v", k, k, k, k), fmt.Sprintf("%+v", struct{ k NumberKey }{*k})} {
		if strings.Contains(text, "[") {
			t.Errorf("the key prints itself: %s", text)
		}
	}
	file := filepath.Join(dir, KeyFile)
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenNumberKey(dir, rand.Reader); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("a key that others may read: %v", err)
	}
	if err := os.WriteFile(file, []byte("broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(file, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenNumberKey(dir, rand.Reader); err == nil || !strings.Contains(err.Error(), "backup") {
		t.Errorf("a broken key: %v", err)
	}
}

func TestRotationKeepsEarlierNames(t *testing.T) {
	dir := t.TempDir()
	before, err := OpenNumberKey(dir, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if err := Rotate(dir, rand.Reader); err != nil {
		t.Fatal(err)
	}
	after, err := OpenNumberKey(dir, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p := NewPhone("+33639980001")
	if after.Hash(p) == before.Hash(p) {
		t.Error("the new key is the old one")
	}
	if got := after.Hashes(p); len(got) != 2 || got[0] != after.Hash(p) || !slices.Contains(got, before.Hash(p)) {
		t.Errorf("%d names", len(got))
	}
	if after.Derive("x") != before.Derive("x") {
		t.Error("an address that others know has changed")
	}
	if info, err := os.Stat(filepath.Join(dir, KeyFile)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if err := Rotate(t.TempDir(), rand.Reader); err == nil {
		t.Error("a key that is not there was changed")
	}
}

func TestTwoThatMakeAKeyUseOne(t *testing.T) {
	dir := t.TempDir()
	p := NewPhone("+33639980001")
	names := make([]string, 8)
	var wg sync.WaitGroup
	for i := range names {
		wg.Go(func() {
			k, err := OpenNumberKey(dir, rand.Reader)
			if err != nil {
				t.Error(err)
				return
			}
			names[i] = k.Hash(p)
		})
	}
	wg.Wait()
	if slices.ContainsFunc(names, func(n string) bool { return n != names[0] }) {
		t.Errorf("%v", names)
	}
}
