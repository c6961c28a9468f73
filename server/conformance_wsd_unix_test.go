//go:build unix

package server

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestConformance runs the suite against wsd itself, a process for each mode and
// each kind of listener.
func TestConformance(t *testing.T) {
	wsd := buildWSD(t)
	for _, m := range []mode{textMode, binaryMode} {
		for _, transport := range []string{"TCP", "TLS", "Unix socket"} {
			t.Run(string(m)+" "+transport, func(t *testing.T) {
				t.Parallel()
				s := startWSD(t, wsd, m, transport)
				s.runHandshakes(t, handshakeCases())
				s.runFrames(t, conformanceCases())
			})
		}
	}
	t.Run(everyCode, func(t *testing.T) {
		t.Parallel()
		startWSD(t, wsd, textMode, "Unix socket").runEveryCode(t)
	})
}

// runEveryCode closes with each code, over all ranges of RFC 6455 7.4.2, in one way.
func (s *subject) runEveryCode(t *testing.T) {
	const end, group = 5001, 500
	for first := 0; first < end; first += group {
		t.Run(fmt.Sprint("from ", first), func(t *testing.T) {
			t.Parallel()
			for code := first; code < min(first+group, end); code++ {
				c := codeCase(code)
				t.Run(c.name, func(t *testing.T) {
					p := s.newPeer(t, &c)
					p.play(waysOf(&c, 0)[0])
					p.end()
				})
			}
		})
	}
}

// buildWSD builds wsd, with the race detector if this test has it.
func buildWSD(t *testing.T) string {
	t.Helper()
	wsd := filepath.Join(t.TempDir(), "wsd")
	args := []string{"build", "-o", wsd}
	if info, ok := debug.ReadBuildInfo(); ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"}) {
		args = append(args, "-race")
	}
	if out, err := exec.Command("go", append(args, "wsd/cmd/wsd")...).CombinedOutput(); err != nil {
		t.Fatalf("building wsd: %v\n%s", err, out)
	}
	return wsd
}

// startWSD starts wsd and returns it as the suite's subject. It is stopped at the
// test's end, when it must end well.
func startWSD(t *testing.T, wsd string, m mode, transport string) *subject {
	t.Helper()
	dir, socket := t.TempDir(), socketPath(t)
	args := []string{"--logformat=json", "--pingms=0", "--maxforks=0", "--closems=20000", "--basepath=/ws", "--origin=http://good.example", "--maxframesize=" + itoa(sizeLimit)}
	switch transport {
	case "TCP":
		args = append(args, "--address=127.0.0.1:0")
	case "TLS":
		args = append(args, "--address=127.0.0.1:0", "--ssl")
	default:
		args = append(args, "--unixsocket="+socket)
	}
	if m == binaryMode {
		args = append(args, "--binary")
	}
	cmd := exec.Command(wsd, append(args, "sh", "-c", `exec tee "$0$PATH_INFO"`, dir)...)
	cmd.Env = append(os.Environ(), "HOME="+dir, "XDG_CACHE_HOME="+dir, "GORACE=atexit_sleep_ms=0")
	log := runLogged(t, cmd)
	_, address, _ := strings.Cut(strings.TrimSuffix(<-log.listening, "/"), "://")
	if transport == "Unix socket" {
		address = socket
	}
	cutAll := 4 // sessions are dear
	if transport == "TCP" {
		cutAll = 10
	}
	return &subject{
		mode: m, base: "/ws", cutAll: cutAll,
		dial:     func(t testing.TB) net.Conn { return dialTransport(t, transport, address) },
		ended:    log.ended,
		refused:  log.refuse,
		recorded: recordedIn(dir, "/ws"),
	}
}

// runLogged starts wsd, whose stderr is the log that it returns. At the test's
// end wsd is asked to stop, and must do so with status 0.
func runLogged(t *testing.T, cmd *exec.Cmd) *sessionLog {
	t.Helper()
	log := newSessionLog()
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { // ends with wsd; the cleanup waits for it
		defer close(done)
		readLines(stderr, log)
	}()
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		kill := time.AfterFunc(patience, func() { cmd.Process.Kill() })
		defer kill.Stop()
		<-done
		if err := cmd.Wait(); err != nil {
			t.Errorf("wsd, asked to stop: %v", err)
		}
		log.finish(t)
	})
	return log
}

// readLines writes each line of r by itself to w, and closes w's listening when
// there are no more.
func readLines(r io.Reader, w *sessionLog) {
	defer close(w.listening)
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			w.Write(line)
		}
		if err != nil {
			return
		}
	}
}

func dialTransport(t testing.TB, transport, address string) net.Conn {
	t.Helper()
	if transport == "Unix socket" {
		conn, err := net.Dial("unix", address)
		if err != nil {
			t.Fatal(err)
		}
		return conn
	}
	conn := dialTCP(t, address)
	if transport == "TLS" {
		return tls.Client(conn, insecure())
	}
	return conn
}
