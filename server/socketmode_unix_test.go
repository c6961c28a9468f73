//go:build unix

package server

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"syscall"
	"testing"
)

func TestUnixSocketMode(t *testing.T) {
	old := syscall.Umask(0o022)
	defer syscall.Umask(old)
	for mode, want := range map[fs.FileMode]fs.FileMode{0o660: 0o660, 0o600: 0o600, 0o666: 0o666, 0o777: 0o777, 0: 0o755} {
		path := socketPath(t)
		makeStale(t, path) // with other permissions
		ls := openAll(t, &Config{UnixSocket: path, UnixSocketMode: mode})
		info, err := os.Lstat(path)
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("mode %04o: %v, %v", mode, info.Mode(), err)
		}
		closeAll(ls)
	}
	if now := syscall.Umask(0o022); now != 0o022 {
		t.Errorf("the umask is %04o", now)
	}
}

// The socket is never open to more than its mode says: it is made so.
func TestUnixSocketModeFromTheStart(t *testing.T) {
	old := syscall.Umask(0)
	defer syscall.Umask(old)
	path := socketPath(t)
	err := withMode(0o600, func() error {
		l, err := net.Listen("unix", path)
		if err != nil {
			return err
		}
		defer l.Close()
		info, err := os.Lstat(path)
		if err == nil && info.Mode().Perm() != 0o600 {
			err = errors.New("it is made with " + info.Mode().String())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
