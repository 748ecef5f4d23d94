// Package onnx owns ONNX Runtime in this process: it loads the shared library, once, and opens networks on it. What a
// network means is known to who opened it (media/silero; a recogniser).
//
// Networks run on the thread that asks, one thread each (intra-op 1): with many calls the parallelism is in the calls. Where the
// library is missing, Load says so and everything that needs no network goes on.
package onnx
