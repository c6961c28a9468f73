package main

import (
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
)

// Units of what is measured. An operation is a message, a round trip or a
// connection. benchstat shows what is in ns in seconds.
const (
	rate           = "op/s"
	daemonCPU      = "cpu-ns/op" // the daemon's own, without its children's
	median50       = "p50-ns"
	tail99         = "p99-ns"
	sessionMemory  = "B/session"
	sessionThreads = "threads"
	childrenGone   = "reap-ns" // from the first close until no child is left
)

// values are what one measurement has found, by unit.
type values map[string]float64

// printMachine writes what all results have in common, as configuration lines of
// Go's benchmark format (https://pkg.go.dev/golang.org/x/perf/benchfmt).
func printMachine(w io.Writer) {
	fmt.Fprintf(w, "goos: %s\ngoarch: %s\ncpu: %s\ncores: %d\nkernel: %s\n", runtime.GOOS, runtime.GOARCH, cpuModel(), runtime.NumCPU(), kernel())
}

// printResult writes what was measured of a daemon in n operations of a
// scenario, or why there is nothing, in Go's benchmark format.
func printResult(w io.Writer, daemon, scenario string, n int, v values, failed error) error {
	name := benchmarkName(scenario)
	if failed != nil {
		_, err := fmt.Fprintf(w, "daemon: %s\n--- FAIL: %s\n    %v\n", daemon, name, failed)
		return err
	}
	_, err := fmt.Fprintf(w, "daemon: %s\n%-15s %v\n", daemon, name, testing.BenchmarkResult{N: n, Extra: v})
	return err
}

// benchmarkName is BenchmarkTlsOut for tls-out. A hyphen would begin the number
// of cores.
func benchmarkName(scenario string) string {
	name := "Benchmark"
	for word := range strings.SplitSeq(scenario, "-") {
		name += strings.ToUpper(word[:1]) + word[1:]
	}
	return name
}
