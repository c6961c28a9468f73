//go:build e2e

package faults_test

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"wsd/server/servertest"
)

// TestDiskFull fills the disk under the log, and then gives it room again. The log
// goes on in whole lines, and says that some were lost.
func TestDiskFull(t *testing.T) {
	needRoot(t)
	t.Parallel()
	log := fileOnSmallDisk(t)
	s := newStage(t, settings{stderr: log})
	s.chatter(1, 1_000)
	s.endure(leaks, func(n int, during func()) {
		s.chatter(n, 20)
		during()
	})
	if err := log.Truncate(0); err != nil { // as logrotate's copytruncate does it
		t.Fatal(err)
	}
	var last *client
	for range 3 {
		last = s.dial("/echo")
		last.Leave()
	}
	s.bystander.leave()
	s.daemon.Shutdown()
	var read servertest.Log
	read.Copy(io.NewSectionReader(log, 0, diskSize))
	wantGap(t, &read, last.path)
}

const diskSize = 64 << 10

// fileOnSmallDisk opens a file on a disk of diskSize, which nobody else sees and
// which is gone when the file is closed.
func fileOnSmallDisk(t *testing.T) *os.File {
	t.Helper()
	dir := t.TempDir()
	opened := make(chan error, 1)
	var file *os.File
	// Ends with the thread, which nothing else may use after its change of view.
	go func() {
		runtime.LockOSThread()
		opened <- func() (err error) {
			if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
				return err
			}
			if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
				return err
			}
			if err := unix.Mount("wsd-faults", dir, "tmpfs", 0, fmt.Sprintf("size=%d", diskSize)); err != nil {
				return err
			}
			file, err = os.OpenFile(filepath.Join(dir, "log"), os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
			return err
		}()
	}()
	if err := <-opened; err != nil {
		servertest.Missing(t, "the right to mount a disk: "+err.Error())
	}
	t.Cleanup(func() { file.Close() })
	return file
}
