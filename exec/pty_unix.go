//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package exec

import (
	"errors"
	"io"
	"os"
	"syscall"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// PTYSupported reports whether Command.PTY can be used.
const PTYSupported = true

// openTerminal opens a terminal in raw mode, whose one end is stdin and stdout
// both, and a pipe for stderr.
func openTerminal() (s *streams, err error) {
	s = &streams{}
	defer func() {
		if err != nil {
			closeFiles(s.child[0], s.child[1], s.child[2], s.stdin, s.stderr)
		}
	}()
	if s.stdin, s.child[0], err = pty.Open(); err != nil {
		return nil, err
	}
	s.stdout, s.child[1] = s.stdin, s.child[0]
	if err = setTerminal(s.child[0], makeRaw); err != nil {
		return nil, err
	}
	// Programs that format for a screen divide by its width.
	if err = pty.Setsize(s.stdin, &pty.Winsize{Rows: 24, Cols: 80}); err != nil {
		return nil, err
	}
	s.stderr, s.child[2], err = os.Pipe()
	return s, err
}

// makeRaw switches off all that a terminal does to bytes: echo, line editing,
// signals from control characters, and the CR that it puts before a newline.
func makeRaw(t *unix.Termios) {
	t.Iflag &^= unix.IGNBRK | unix.BRKINT | unix.PARMRK | unix.ISTRIP | unix.INLCR | unix.IGNCR | unix.ICRNL | unix.IXON
	t.Oflag &^= unix.OPOST
	t.Lflag &^= unix.ECHO | unix.ECHONL | unix.ICANON | unix.ISIG | unix.IEXTEN
	t.Cflag = t.Cflag&^(unix.CSIZE|unix.PARENB) | unix.CS8
	t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
}

// endOfTransmission is what a terminal in line mode takes for the end of input.
const endOfTransmission = 4

// endTerminalInput gives the reader of a terminal its EOF. A terminal can't be
// closed in one direction, but in line mode it has a character for it; what was
// written before stays readable first.
func endTerminalInput(terminal *os.File) error {
	err := setTerminal(terminal, func(t *unix.Termios) {
		t.Lflag |= unix.ICANON
		t.Cc[unix.VEOF] = endOfTransmission
	})
	if err != nil {
		return err
	}
	_, err = terminal.Write([]byte{endOfTransmission})
	return err
}

func setTerminal(f *os.File, change func(*unix.Termios)) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var errSet error
	err = raw.Control(func(fd uintptr) {
		var t *unix.Termios
		if t, errSet = unix.IoctlGetTermios(int(fd), getTermios); errSet == nil {
			change(t)
			errSet = unix.IoctlSetTermios(int(fd), setTermios, t)
		}
	})
	return errors.Join(err, errSet)
}

// IsEOF reports whether an error from reading Stdout means that no more will
// come. A terminal whose other end is closed reads as EIO on Linux.
func IsEOF(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, syscall.EIO)
}
