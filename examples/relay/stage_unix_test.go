//go:build unix

package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// stage is a broker and two wsd processes that know nothing of each other.
type stage struct {
	broker *process
	nats   string // NATS_URL
	args   []string
	a, b   *wsd
}

// newStage starts both wsd with these flags beside those that they always have.
func newStage(t *testing.T, args ...string) *stage {
	t.Helper()
	s := &stage{args: args}
	s.broker, s.nats = startBroker(t, freePort(t))
	s.a, s.b = startWSD(t, s.nats, args...), startWSD(t, s.nats, args...)
	return s
}

// restart starts a wsd that has ended again, at the same port.
func (s *stage) restart(t *testing.T, w *wsd) *wsd {
	t.Helper()
	_, port, _ := strings.Cut(w.address(), ":")
	return startWSD(t, s.nats, append(s.args, "--port="+port)...)
}

// startBroker starts nats-server with the configuration that is shipped, but on
// this port.
func startBroker(t *testing.T, port string) (*process, string) {
	t.Helper()
	conf, err := filepath.Abs("nats.conf")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(lookTool(t, "nats-server"), "-c", conf, "-p", port)
	cmd.Dir = t.TempDir()
	broker := start(t, cmd)
	address := broker.await(`Listening for client connections on (127\.0\.0\.1:\d+)`)
	broker.await("Server is ready")
	return broker, "nats://" + address
}

// wsd is a running wsd, with the backends and the pages of this example.
type wsd struct {
	*process
	url string // ws://127.0.0.1:PORT or wss://…
}

func startWSD(t *testing.T, nats string, args ...string) *wsd {
	t.Helper()
	wsdPath := program(t, "wsd")
	pages, err := filepath.Abs("pages")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(wsdPath, append([]string{
		"--address=127.0.0.1", "--port=" + freePort(t), "--sameorigin", "--passenv=PATH,NATS_URL",
		"--dir=" + filepath.Join(folder, "backends"), "--staticdir=" + pages,
	}, args...)...)
	cmd.Env = append(os.Environ(), "NATS_URL="+nats)
	p := start(t, cmd)
	return &wsd{p, "ws" + p.await(`http(s?://127\.0\.0\.1:\d+)/`)}
}

// address is host:port.
func (w *wsd) address() string {
	_, address, _ := strings.Cut(w.url, "://")
	return address
}

func (w *wsd) dial(t *testing.T, path string) *client { return dial(t, w.url+path) }

// stop ends a wsd as systemd does.
func (w *wsd) stop() {
	w.t.Helper()
	if status := w.end(syscall.SIGTERM); status != 0 {
		w.t.Errorf("wsd: exit status %d, want 0", status)
	}
}
