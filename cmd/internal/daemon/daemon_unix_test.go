//go:build unix

package daemon

import (
	"fmt"
	"io"
	"net"
	"os/exec"
	"strings"
	"testing"

	"wsd/exec/exectest"
)

func TestMain(m *testing.M) {
	exectest.Main(m, map[string]func([]string) int{"group": playGroup, "hold": playHold})
}

// playGroup starts playHold with args[0], listens, and never answers.
func playGroup(args []string) int {
	hold := exectest.Backend("hold", args[0])
	cmd := exec.Command(hold[0], hold[1:]...)
	said, err := cmd.StdoutPipe()
	if err != nil || cmd.Start() != nil {
		return 1
	}
	if _, err := said.Read(make([]byte, 1)); err != nil {
		return 1
	}
	l, err := net.Listen("tcp", net.JoinHostPort(listenHost, strings.TrimPrefix(args[1], "--port=")))
	for err == nil {
		_, err = l.Accept()
	}
	return 1
}

// playHold connects to args[0], says so, and stays while the connection does.
func playHold(args []string) int {
	nc, err := net.Dial("tcp", args[0])
	if err != nil {
		return 1
	}
	fmt.Println("held")
	_, _ = io.Copy(io.Discard, nc)
	return 0
}

// TestKill wants a daemon's child killed with it: the connection that the child
// holds ends.
func TestKill(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	d, err := Start(t.Context(), exectest.Backend("group", l.Addr().String()), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	d.Kill()
	nc, err := l.Accept() // playHold connected before playGroup listened
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	_, _ = io.Copy(io.Discard, nc) // hangs while the child lives
}
