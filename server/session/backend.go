package session

import (
	"context"
	"errors"
	"os"
	"sync"
	"time"

	"wsd/exec"
	"wsd/server/lazyio"
	"wsd/server/websocket"
)

// backend is one process: what it is told, what it says on stdout and stderr, and
// how it ends.
type backend struct {
	session *Session
	proc    *exec.Process // nil when it could not be started

	// stdinClosed is set when nothing more can be written to stdin. It belongs to
	// the receiving goroutine.
	stdinClosed bool

	// out and warned belong to the sending goroutine.
	out    framer
	warned bool
	errOut framer        // belongs to drainStderr
	shared *sharedOutput // nil unless stderr goes to the client, too

	talk talk // when input and output began

	status *exec.Status // how it ended; set before sent is closed

	sent, stderrRead chan struct{} // closed when send and drainStderr end
}

func (b *backend) init(s *Session, proc *exec.Process) {
	b.session, b.proc = s, proc
	if proc != nil {
		proc.Stdin.Lines = !s.cfg.Binary
	}
	b.sent, b.stderrRead = make(chan struct{}), make(chan struct{})
	if s.cfg.PassStderr {
		b.share()
	}
}

func (b *backend) share() {
	b.out.tag, b.errOut.tag = tagOf("stdout"), tagOf("stderr")
	var once sync.Once
	b.shared = &sharedOutput{
		send: func(frames []byte) { b.session.link.write(frames, websocket.CountData(frames)) },
		lost: func() {
			once.Do(func() {
				b.session.log.Warn("lines of stderr did not reach the client: a long line of stdout is being sent")
			})
		},
	}
}

// write writes to stdin and blocks until the backend's pipe has taken all of p. A
// backend that closes its stdin does not end the session: further input is
// dropped.
func (b *backend) write(p []byte) {
	b.session.lifetime.touch()
	if b.stdinClosed || b.proc == nil {
		return
	}
	_, err := b.proc.Stdin.Write(p)
	b.stdinClosed = err != nil
	if err == nil {
		b.talk.asked(b.session.begun)
	}
	if err != nil && !errors.Is(err, os.ErrClosed) {
		b.session.log.Debug("backend takes no more input; messages are dropped", "err", err)
	}
}

// writeLast writes what is left when no more will come. It waits only as long as
// the ladder's first step: a backend that reads nothing for that long is left to
// the ladder.
func (b *backend) writeLast(p []byte) {
	if len(p) > 0 && b.proc != nil && !b.stdinClosed {
		b.proc.Stdin.WriteWithin(exec.Patience+b.session.cfg.CloseDelay, p)
	}
}

// stop ends the process, and returns when send and drainStderr have ended, too.
func (b *backend) stop() {
	if b.proc != nil {
		b.talk.stopped(b.session.begun)
		b.proc.Stop(b.session.cfg.CloseDelay, b.sent)
	}
	<-b.sent
	<-b.stderrRead
}

// send is the pump from the backend's stdout to the socket. It ends when stdout
// has reached its end and the process has been reaped, which also ends the
// session. When the client is gone, it keeps reading so that the backend can
// finish its work.
func (b *backend) send() {
	defer close(b.sent)
	out := lazyio.NewReader(b.proc.Stdout, nil)
	var err error
	if b.session.cfg.Binary {
		err = b.sendChunks(out)
	} else {
		err = b.sendLines(out)
	}
	out.Discard()
	if !exec.IsEOF(err) {
		b.session.log.Debug("reading the backend's stdout", "err", err)
	}
	status := b.proc.Wait()
	b.status = &status
	if errors.Is(status.Err, exec.ErrStays) {
		b.session.log.Warn("the backend is given up, and still runs", "err", status.Err)
	}
	b.session.hooks.Exited()
	b.settleStderr()
	if late := b.session.hooks.Late; late != nil && b.talk.late(b.session.cfg, b.proc.CPU()) {
		late()
	}
	b.session.exited(status)
}

// frameBuffer takes the frames of all lines that one read has brought: an empty
// line of one byte becomes a frame of two, and no line grows by more than that. What
// must be changed may grow beyond it, and leaves in several writes.
type frameBuffer [2 * lazyio.BufferSize]byte

var frameBuffers = sync.Pool{New: func() any { return new(frameBuffer) }}

// sendLines sends the lines of in, all that one read has brought in one write if
// it fits, until in ends. It returns how in ended.
func (b *backend) sendLines(in *lazyio.Reader) error {
	f, searched := &b.out, 0
	for {
		err := in.Fill()
		b.talk.answered(in, b.session.begun)
		frames := frameBuffers.Get().(*frameBuffer)
		for full := true; full; searched = 0 {
			f.frames = frames[:0]
			var used int
			if used, full = f.addLines(in.Unread(), searched); used > 0 {
				in.Use(used)
			}
			if in.Full() {
				b.sendFragment(in)
			}
			if err != nil && !full {
				used, full = f.addLast(in.Unread())
				in.Use(used)
			}
			if len(f.frames) > 0 {
				b.sendFrames(f)
			}
		}
		searched = len(in.Unread())
		frameBuffers.Put(frames)
		f.frames = nil
		if err != nil {
			return err
		}
	}
}

// sendFragment sends the part of a line that fills the buffer, nearly always
// without copying it.
func (b *backend) sendFragment(in *lazyio.Reader) {
	f := &b.out
	if first, n := f.fragment(in.Unread()); n > 0 {
		b.session.link.write(websocket.Framed(in, first, n), f.takeCount())
		in.Use(n)
		return
	}
	in.Use(f.addFragment(in.Unread()))
}

// sendChunks sends the bytes of each read as one binary message.
func (b *backend) sendChunks(in *lazyio.Reader) error {
	for {
		err := in.Fill()
		b.talk.answered(in, b.session.begun)
		if n := len(in.Unread()); n > 0 {
			b.session.link.write(websocket.Framed(in, websocket.FinBit|websocket.OpBinary, n), websocket.Count{Messages: 1, Bytes: uint64(n)})
			in.Use(n)
		}
		if err != nil {
			return err
		}
	}
}

// sendFrames sends a framer's frames, and warns once about output that is not
// text.
func (b *backend) sendFrames(f *framer) {
	if f.repaired && !b.warned {
		b.warned = true
		b.session.log.Warn("the backend's output is not UTF-8; bad bytes are sent as U+FFFD (use {Binary} for bytes)")
	}
	if b.shared != nil {
		b.shared.write(f)
		return
	}
	b.session.link.write(f.frames, f.takeCount())
}

// drainStderr logs what the backend writes to stderr, one record per line. With
// Config.PassStderr the client gets the lines, too.
func (b *backend) drainStderr() {
	defer close(b.stderrRead)
	lazyio.DrainLines(b.proc.Stderr, b.passStderr)
}

func (b *backend) passStderr(line []byte) {
	b.session.log.Log(context.Background(), lazyio.LevelStderr, "stderr", "line", string(line))
	if b.shared == nil {
		return
	}
	f := &b.errOut
	for first := true; first || len(line) > 0; first = false {
		n, _ := f.fits(line)              // all of it, nearly always
		f.addPiece(line[:n], endOfStream) // whose "\r", if any, is gone already
		line = line[n:]
		b.shared.write(f)
		f.frames = nil // stderr is quiet most of the time
	}
}

// settleStderr waits until what the backend has written to stderr has been
// logged. The process is gone, so all of it is in the pipe: the deadline ends a
// wait for more, which only a grandchild could write.
func (b *backend) settleStderr() {
	b.proc.Stderr.SetReadDeadline(time.Now())
	<-b.stderrRead
}
