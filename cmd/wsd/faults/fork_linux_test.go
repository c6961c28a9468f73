//go:build e2e

package faults_test

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"wsd/server/servertest"
)

// stranger is a user who runs nothing else, so that only wsd and its backends
// count for RLIMIT_NPROC, which does not bind root.
const stranger = 61_234

// TestForkRefused lets the kernel refuse new processes to the user who runs wsd.
// The threads of a process count as well: wsd has the ones that it needs, and
// gets no more while the fault lasts.
func TestForkRefused(t *testing.T) {
	needRoot(t)
	s := newStage(t, settings{credential: &syscall.Credential{Uid: stranger, Gid: stranger}, scripts: servertest.Dir(t), public: true})
	s.endure(20, func(n int, during func()) {
		s.dial("/echo").Leave()
		s.daemon.limitForks("1")
		for i := range n {
			s.dial("/echo").WantClose(1011, "cannot start")
			if i == n/2 {
				during()
			}
		}
		s.daemon.limitForks("")
		c := s.dial("/echo")
		c.WantEcho("again")
		c.Leave()
	})
	s.daemon.Log.Wait(t, "cannot start the backend", "level", "ERROR", "err", "…resource temporarily unavailable…")
	s.finish()
}

// limitForks sets RLIMIT_NPROC of the daemon; "" lifts it. Only the daemon's own
// user may do so, or root with more privileges than it may have in a container.
func (d *daemon) limitForks(soft string) {
	d.t.Helper()
	limits, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", d.PID()))
	if err != nil {
		d.t.Fatal(err)
	}
	_, line, _ := strings.Cut(string(limits), "Max processes")
	hard := strings.Fields(line)[1]
	cmd := exec.Command("prlimit", fmt.Sprintf("--pid=%d", d.PID()), "--nproc="+cmp.Or(soft, hard)+":")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: stranger, Gid: stranger}}
	if out, err := cmd.CombinedOutput(); err != nil {
		d.t.Fatalf("prlimit: %v\n%s", err, out)
	}
}
