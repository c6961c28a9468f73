package server

import (
	"context"
	"errors"
	"net/http"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// awaitLeft returns nil when the client of r has closed its side of the connection,
// and an error when ctx is done or the connection can't be watched. It holds no
// thread, and a descriptor of its own: the runtime's poller lets only one wait for
// the other, which may be net/http. What the client has sent may be unread still.
func awaitLeft(ctx context.Context, r *http.Request) error {
	conn, ok := r.Context().Value(socketKey{}).(interface{ File() (*os.File, error) })
	if !ok {
		return errors.ErrUnsupported
	}
	f, err := conn.File()
	if err != nil {
		return err
	}
	defer f.Close()
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { f.SetReadDeadline(time.Now()) })()
	return raw.Read(hasHungUp)
}

// hasHungUp reports whether nothing more will come from the peer of a socket,
// whatever of it has not been read yet.
func hasHungUp(fd uintptr) bool {
	polled := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLRDHUP}}
	n, err := unix.Poll(polled, 0)
	return n > 0 && err == nil
}
