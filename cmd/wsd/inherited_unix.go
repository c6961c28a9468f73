//go:build unix

package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"syscall"

	"github.com/coreos/go-systemd/v22/activation"

	"wsd/server"
)

// inherit takes over the sockets that a service manager has opened for this
// process (sd_listen_fds(3)). Usually there are none. From then on they are
// closed on exec, and the variables that announced them are gone. It is called
// once, before anything else opens files.
func inherit() ([]server.Inherited, error) {
	count := os.Getenv("LISTEN_FDS")
	mine := os.Getenv("LISTEN_PID") == strconv.Itoa(os.Getpid())
	if mine {
		if err := checkCount(count); err != nil {
			return nil, hinted("a service manager sets LISTEN_FDS; without one, unset LISTEN_PID", "%w", err)
		}
	}
	var sockets []server.Inherited
	for _, file := range activation.Files(true) {
		l, err := listenerOf(file)
		if err != nil {
			return nil, hinted("wsd needs ListenStream= and Accept=no in the .socket unit",
				"the inherited socket %q: %w", file.Name(), err)
		}
		sockets = append(sockets, server.Inherited{
			Listener: l,
			Name:     file.Name(),
			Plain:    file.Name() == namePlain,
			Redirect: file.Name() == nameRedirect,
		})
	}
	return sockets, nil
}

// checkCount refuses what is not a number of open descriptors, counted from
// firstInherited. The library would make a file of each, open or not.
func checkCount(count string) error {
	n, err := strconv.Atoi(count)
	if err != nil || n < 0 {
		return fmt.Errorf("LISTEN_FDS=%s is not a number of sockets", count)
	}
	for fd := firstInherited; fd < firstInherited+n; fd++ {
		if err := syscall.Fstat(fd, new(syscall.Stat_t)); err != nil {
			return fmt.Errorf("LISTEN_FDS=%s: descriptor %d: %w", count, fd, err)
		}
	}
	return nil
}

// firstInherited is SD_LISTEN_FDS_START of sd_listen_fds(3).
const firstInherited = 3

// listenerOf turns file into a listener, and closes file.
func listenerOf(file *os.File) (net.Listener, error) {
	// net.FileListener accepts any stream socket, connected or not, and a Unix
	// socket that carries datagrams.
	fd := int(file.Fd())
	kind, err := syscall.GetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_TYPE)
	switch {
	case errors.Is(err, syscall.ENOTSOCK):
		return nil, errors.New("it is not a socket")
	case err != nil:
		return nil, err
	case kind != syscall.SOCK_STREAM:
		return nil, errors.New("it is not a stream socket")
	}
	listens, err := syscall.GetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_ACCEPTCONN)
	switch {
	case err != nil:
		return nil, err
	case listens == 0:
		return nil, errors.New("it is not listening")
	}
	l, err := net.FileListener(file) // makes a copy
	if err != nil {
		return nil, errors.New("it is neither a TCP nor a Unix socket")
	}
	return l, file.Close()
}
