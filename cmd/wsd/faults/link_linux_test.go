//go:build e2e

package faults_test

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"wsd/server/servertest"
)

// A namespace is a network of its own: a thread that has left the machine's. It
// ends with the test.
type namespace struct {
	t    *testing.T
	tid  int
	work chan func()
}

func newNamespace(t *testing.T) *namespace {
	t.Helper()
	n := &namespace{t: t, work: make(chan func())}
	entered := make(chan error)
	// Ends with the test, and its thread with it, which is of no other use.
	go func() {
		runtime.LockOSThread()
		n.tid = unix.Gettid()
		entered <- unix.Unshare(unix.CLONE_NEWNET)
		for f := range n.work {
			f()
		}
	}()
	t.Cleanup(func() { close(n.work) })
	if err := <-entered; err != nil {
		servertest.Missing(t, "the right to make a network: "+err.Error())
	}
	return n
}

// do calls f inside.
func (n *namespace) do(f func()) {
	done := make(chan struct{})
	n.work <- func() { defer close(done); f() }
	<-done
}

// ip runs ip(8) inside.
func (n *namespace) ip(args string) {
	n.t.Helper()
	var out []byte
	var err error
	n.do(func() { out, err = exec.Command("ip", strings.Fields(args)...).CombinedOutput() })
	if err != nil {
		n.t.Fatalf("ip %s: %v\n%s", args, err, out)
	}
}

// TestLinkCut cuts the link between clients and wsd. They are gone without FIN, and
// wsd drops them; the bystander, on another link, notices nothing.
func TestLinkCut(t *testing.T) {
	needRoot(t)
	t.Parallel()
	if _, err := exec.LookPath("ip"); err != nil {
		servertest.Missing(t, "ip (iproute2)")
	}
	inside, outside := newNamespace(t), newNamespace(t)
	inside.ip("link set lo up")
	inside.ip(fmt.Sprintf("link add wsd0 type veth peer name wsd1 netns /proc/%d/task/%d/ns/net", os.Getpid(), outside.tid))
	inside.ip("addr add 192.0.2.1/24 dev wsd0")
	inside.ip("link set wsd0 up")
	outside.ip("addr add 192.0.2.2/24 dev wsd1")
	outside.ip("link set wsd1 up")
	s := newStage(t, settings{args: []string{shortPing, patientLadder}, listen: "192.0.2.1:0", inside: inside.do})
	s.endure(leaks, func(n int, during func()) {
		s.inside = outside.do
		var clients []*client
		for range n {
			c := s.dial("/echo")
			c.WantEcho("hello")
			clients = append(clients, c)
		}
		outside.ip("link set wsd1 down")
		during()
		for _, c := range clients {
			over := s.over(c)
			over.Want(t, "code", "1006", "exit", "exit status 0")
			if !over.Is("detail", "client answered no ping") && !over.Is("detail", "…no route to host…") {
				t.Errorf("the session ended otherwise: %v", over)
			}
			c.Conn.Close()
		}
		outside.ip("link set wsd1 up")
	})
	s.finish()
}
