package main

import (
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
)

// Units of what is measured. An operation is a message, a round trip or a
// connection. benchstat shows nanoseconds as seconds.
const (
	rate           = "op/s"
	daemonCPU      = "cpu-ns/op" // of the daemon without its children
	median50       = "p50-ns"
	tail99         = "p99-ns"
	sessionMemory  = "B/session"
	sessionThreads = "threads"
	childrenGone   = "reap-ns" // from the first close until the last child is gone
)

// values are the results of one measurement, by unit.
type values map[string]float64

// printMachine describes the machine in configuration lines of Go's benchmark
// format (https://pkg.go.dev/golang.org/x/perf/benchfmt).
func printMachine(w io.Writer) {
	fmt.Fprintf(w, "goos: %s\ngoarch: %s\ncpu: %s\ncores: %d\nkernel: %s\n", runtime.GOOS, runtime.GOARCH, cpuModel(), runtime.NumCPU(), kernel())
}

// printResult writes a daemon's values in n operations of a scenario, or why there
// are none, in Go's benchmark format.
func printResult(w io.Writer, daemon, scenario string, n int, v values, failed error) error {
	name := benchmarkName(scenario)
	if failed != nil {
		_, err := fmt.Fprintf(w, "daemon: %s\n--- FAIL: %s\n    %v\n", daemon, name, failed)
		return err
	}
	_, err := fmt.Fprintf(w, "daemon: %s\n%-15s %v\n", daemon, name, testing.BenchmarkResult{N: n, Extra: v})
	return err
}

// benchmarkName is BenchmarkTlsOut for tls-out: in that format a hyphen would begin
// the number of cores.
func benchmarkName(scenario string) string {
	name := "Benchmark"
	for word := range strings.SplitSeq(scenario, "-") {
		name += strings.ToUpper(word[:1]) + word[1:]
	}
	return name
}
