package server

import (
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"wsd/server/servertest"
)

// conformanceCases are all cases about frames.
func conformanceCases() []frameCase {
	return slices.Concat(framingCases(), fragmentCases(), controlCases(), dataCases(), closingCases(), codeCases(), utf8Cases(), limitCases())
}

// TestConformanceInProcess runs the suite against a Server of this process: on
// each platform, and with the race detector over both sides. Backends start slowly
// there, so cases that end their session are run in one write only.
func TestConformanceInProcess(t *testing.T) {
	for _, m := range []mode{textMode, binaryMode} {
		t.Run(string(m), func(t *testing.T) {
			t.Parallel()
			dir, log := t.TempDir(), newSessionLog()
			server := serve(t, Config{
				Command: servertest.Play("tee:" + dir), MaxMessage: sizeLimit, CloseDelay: patience, Binary: m == binaryMode,
				BasePath: "/ws", Origins: []string{"http://good.example"},
				Log: slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: LevelAccess})),
			})
			t.Cleanup(func() { log.finish(t) })
			s := &subject{
				mode: m, base: "/ws", cutAll: uncut,
				dial:     func(t testing.TB) net.Conn { return dialTCP(t, server.addr) },
				ended:    log.ended,
				refused:  log.refuse,
				recorded: recordedIn(dir, "/ws"),
			}
			s.runHandshakes(t, handshakeCases())
			s.runFrames(t, conformanceCases())
		})
	}
}

// recordedIn returns what backends have recorded in dir by their PATH_INFO.
func recordedIn(dir, base string) func(t testing.TB, path string) string {
	return func(t testing.TB, path string) string {
		t.Helper()
		return readRecording(t, filepath.Join(dir, strings.TrimPrefix(path, base)))
	}
}

func init() { servertest.Steps["tee"] = teeStdin } // DIR, until stdin's end

// teeStdin copies stdin to stdout, and to the file in dir that PATH_INFO names.
func teeStdin(dir string) {
	f, err := os.Create(filepath.Join(dir, os.Getenv("PATH_INFO")))
	if err != nil {
		panic(err)
	}
	defer f.Close()
	b := make([]byte, 64<<10)
	for {
		n, err := os.Stdin.Read(b)
		f.Write(b[:n])
		os.Stdout.Write(b[:n]) // fails once the client is gone
		if err != nil {
			return
		}
	}
}
