package server

import (
	"net"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"wsd/server/servertest"
)

// conformanceCases are all cases about frames.
func conformanceCases() []frameCase {
	return slices.Concat(framingCases(), fragmentCases(), controlCases(), dataCases(), closingCases(), codeCases(), utf8Cases(), limitCases())
}

// TestConformance runs the suite against a Server of this process, with the race
// detector over both sides. Each case has one session, in which all is sent in one
// write; TestConformanceFull cuts it everywhere.
func TestConformance(t *testing.T) {
	t.Parallel()
	for _, m := range []mode{textMode, binaryMode} {
		t.Run(string(m), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			server := serve(t, Config{
				Command: servertest.Play("tee:" + dir), MaxMessage: sizeLimit, CloseDelay: servertest.Patience, Binary: m == binaryMode,
				BasePath: "/ws", Origins: []string{"http://good.example"},
			})
			dial := func(t testing.TB) net.Conn { return servertest.Connect(t, server.addr) }
			(&subject{mode: m, dial: dial, log: server.log, dir: dir}).run(t)
		})
	}
}

// run runs all cases.
func (s *subject) run(t *testing.T) {
	t.Cleanup(func() { // by now all have ended
		if begun := s.log.All("CONNECT", "path", "…"+refusedPath+"…"); len(begun) > 0 {
			t.Errorf("sessions after handshakes that were refused: %v", begun)
		}
	})
	s.runHandshakes(t, handshakeCases())
	s.runFrames(t, conformanceCases())
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
