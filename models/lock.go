package models

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// Lock waits until nobody else installs into the models folder dir, and gives what lets the next one in. The kernel holds it: it ends with
// the process. waiting is called when somebody else has it. Errors: those of the disk, ctx's own.
func Lock(ctx context.Context, dir string, waiting func()) (func(), error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("models: %w", err)
	}
	folder, err := os.Open(dir)
	if err != nil {
		return nil, fmt.Errorf("models: %w", err)
	}
	unlock := func() { _ = folder.Close() } // which gives the lock back
	err = syscall.Flock(int(folder.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if !errors.Is(err, syscall.EWOULDBLOCK) {
		return checked(dir, unlock, err)
	}
	waiting()
	got := make(chan error, 1)
	go func() { got <- syscall.Flock(int(folder.Fd()), syscall.LOCK_EX) }()
	select {
	case err := <-got:
		return checked(dir, unlock, err)
	case <-ctx.Done():
		go func() { <-got; unlock() }() // the kernel can't be told to stop waiting
		return nil, context.Cause(ctx)
	}
}

func checked(dir string, unlock func(), err error) (func(), error) {
	for _, none := range []error{syscall.EBADF, syscall.ENOLCK, syscall.ENOTSUP, syscall.ENOSYS} {
		if errors.Is(err, none) { // a network's folder may know no locks: installing is still better than not
			return unlock, nil
		}
	}
	if err != nil {
		unlock()
		return nil, fmt.Errorf("models: %s can't be locked: %w", dir, err)
	}
	return unlock, nil
}

// Sweep removes what interrupted installations and downloads left in the models folder dir. Whoever calls it holds the lock.
func Sweep(dir string) error {
	var errs []error
	for _, pattern := range []string{fetchPattern, "whisper/.install-*"} {
		left, err := filepath.Glob(filepath.Join(dir, pattern))
		errs = append(errs, err)
		for _, path := range left {
			errs = append(errs, os.RemoveAll(path))
		}
	}
	return errors.Join(errs...)
}
