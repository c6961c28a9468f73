package exec

import (
	osexec "os/exec"
	"syscall"
	"testing"
)

// Where no pidfd stands for a group (before Linux 6.9, or with no descriptor left),
// those that its leader has left behind are found by the group's number.
func TestSignalRestByNumber(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]error{
		"sleep 1000 >/dev/null 2>&1 &": nil,
		":":                            syscall.ESRCH,
	} {
		shell := osexec.Command(tool(t, "sh"), "-c", script)
		shell.SysProcAttr = groupAttr(false)
		if err := shell.Run(); err != nil {
			t.Fatal(err)
		}
		p := &Process{pid: shell.Process.Pid, group: -1, reaped: true}
		for _, sig := range []syscall.Signal{0, syscall.SIGKILL} {
			if err := p.Signal(sig); err != want {
				t.Errorf("%s: signal %d: %v, want %v", script, sig, err, want)
			}
		}
	}
}
