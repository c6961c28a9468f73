//go:build unix

package exectest

import (
	"errors"
	"fmt"
	"syscall"
)

// leftoverChild reports a child of this process, running or not yet reaped.
func leftoverChild() error {
	var status syscall.WaitStatus
	pid, err := syscall.Wait4(-1, &status, syscall.WNOHANG, nil)
	switch {
	case errors.Is(err, syscall.ECHILD):
		return nil
	case err != nil:
		return err
	case pid == 0:
		return errors.New("a child is still running")
	default:
		return fmt.Errorf("child %d was not reaped (%v)", pid, status)
	}
}
