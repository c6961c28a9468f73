//go:build unix

package exectest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// leftoverChild reports a child of this process, running or not yet reaped.
func leftoverChild() error {
	names := childNames()
	var status syscall.WaitStatus
	pid, err := syscall.Wait4(-1, &status, syscall.WNOHANG, nil)
	switch {
	case errors.Is(err, syscall.ECHILD):
		return nil
	case err != nil:
		return err
	case pid == 0:
		return fmt.Errorf("a child is still running: %q", names)
	default:
		return fmt.Errorf("child %d was not reaped (%v): %q", pid, status, names)
	}
}

// childNames returns what is known of this process's children where /proc has it.
func childNames() []string {
	var names []string
	lists, _ := filepath.Glob("/proc/self/task/*/children")
	for _, list := range lists {
		pids, _ := os.ReadFile(list)
		for _, pid := range strings.Fields(string(pids)) {
			stat, _ := os.ReadFile("/proc/" + pid + "/stat")
			names = append(names, string(stat[:min(len(stat), 60)]))
		}
	}
	return names
}
