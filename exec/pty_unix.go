//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package exec

import (
	"errors"
	"io"
	"os"
	"syscall"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// PTYSupported reports whether Command.PTY can be used.
const PTYSupported = true

// openTerminal opens a terminal for both stdin and stdout, and a pipe for stderr.
func openTerminal() (*streams, error) {
	master, slave, err := pty.Open()
	if err != nil {
		return nil, err
	}
	s := &streams{stdin: master, stdout: master}
	s.child[0], s.child[1] = slave, slave
	if err = s.prepareTerminal(); err == nil {
		s.stderr, s.child[2], err = openPipe(reads)
	}
	if err != nil {
		closeFiles(master, slave)
		return nil, err
	}
	return s, nil
}

func (s *streams) prepareTerminal() error {
	if err := setTerminal(s.child[0], makeTransparent); err != nil {
		return err
	}
	// Programs that format for a screen divide by its width.
	if err := pty.Setsize(s.stdin, &pty.Winsize{Rows: 24, Cols: 80}); err != nil {
		return err
	}
	return restoreNonblock(s.stdin)
}

// restoreNonblock lets the runtime's poller wait for f again. Package pty asks
// an os.File for its descriptor, which makes it block: a read would hold a
// thread, and no deadline would end it.
func restoreNonblock(f *os.File) error {
	if f.SetDeadline(time.Time{}) != nil {
		return nil // the poller never had it, as on macOS
	}
	return control(f, func(fd int) error { return unix.SetNonblock(fd, true) })
}

// makeTransparent switches off what a terminal does to bytes: echo, signals from
// control characters, editing, and the CR that it puts before a newline. Line mode
// stays on, with only the keys that keysFor uses: once a read in raw mode has
// begun, it can't be given an EOF.
func makeTransparent(t *unix.Termios) {
	t.Iflag &^= unix.IGNBRK | unix.BRKINT | unix.PARMRK | unix.ISTRIP | unix.INLCR | unix.IGNCR | unix.ICRNL |
		unix.IXON | unix.IXOFF | unix.IXANY | unix.IMAXBEL
	t.Oflag &^= unix.OPOST
	t.Lflag &^= unix.ECHO | unix.ECHONL | unix.ISIG | unix.TOSTOP
	t.Lflag |= unix.ICANON | unix.IEXTEN
	t.Cflag = t.Cflag&^(unix.CSIZE|unix.PARENB) | unix.CS8
	for i := range t.Cc {
		t.Cc[i] = noKey
	}
	t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0 // for a program that switches to raw mode
	t.Cc[unix.VEOF], t.Cc[unix.VLNEXT] = endKey, literalKey
}

// writeTerminal writes b so that the process reads exactly that. A program that has
// taken the terminal out of line mode gets the bytes as they are.
func (in *Input) writeTerminal(b []byte) (n int, err error) {
	lines, err := inLineMode(in.file)
	if err != nil {
		return 0, err
	}
	if !lines {
		return in.file.Write(b)
	}
	for len(in.owed) > 0 && err == nil {
		n, err = in.file.Write(in.owed)
		in.owed = in.owed[n:]
	}
	for n = 0; n < len(b) && err == nil; {
		keys, taken := keysFor(b[n:])
		var done int
		if done, err = in.file.Write(keys); err != nil {
			taken, in.owed = typed(keys, done)
		}
		n += taken
	}
	return n, err
}

// endTerminal gives the reader of the terminal its EOF, after all that was written
// before. If the terminal is full, it waits until the write deadline.
func (in *Input) endTerminal() error {
	keys := append(in.owed, endKey)
	err := control(in.file, func(fd int) error { // works after the deadline, too
		n, err := unix.Write(fd, keys)
		keys = keys[max(n, 0):]
		return err
	})
	if len(keys) > 0 && (err == nil || errors.Is(err, unix.EAGAIN)) {
		_, err = in.file.Write(keys)
	}
	return err
}

func inLineMode(terminal *os.File) (lines bool, err error) {
	err = control(terminal, func(fd int) error {
		t, err := unix.IoctlGetTermios(fd, getTermios)
		lines = err == nil && t.Lflag&unix.ICANON != 0
		return err
	})
	return lines, err
}

func setTerminal(f *os.File, change func(*unix.Termios)) error {
	return control(f, func(fd int) error {
		t, err := unix.IoctlGetTermios(fd, getTermios)
		if err != nil {
			return err
		}
		change(t)
		return unix.IoctlSetTermios(fd, setTermios, t)
	})
}

// control calls do with f's descriptor, which stays open meanwhile.
func control(f *os.File, do func(fd int) error) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var errDo error
	err = raw.Control(func(fd uintptr) { errDo = do(int(fd)) })
	return errors.Join(err, errDo)
}

// IsEOF reports whether an error from reading Stdout means that no more will
// come. A terminal whose other end is closed reads as EIO on Linux.
func IsEOF(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, syscall.EIO)
}
