package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"os"

	"github.com/acotel/acotel-sbc/hearing"
	"github.com/acotel/acotel-sbc/place"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: pronunciations FILE")
		os.Exit(2)
	}
	if err := run(context.Background(), os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "pronunciations:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, file string) error {
	g, err := place.Default()
	if err != nil {
		return err
	}
	version, err := hearing.Espeak("").Version(ctx)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return err
	}
	fmt.Fprintf(z, "# %s; text, then its pronunciations in the symbols of asr/phoneme\n", version)
	if err := hearing.WriteTable(ctx, z, g); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	return os.WriteFile(file, b.Bytes(), 0o644)
}
