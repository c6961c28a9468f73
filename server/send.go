package server

import (
	"sync"
	"time"

	"wsd/exec"
	"wsd/server/lazyio"
)

// send is the pump from the backend's stdout to the socket. It ends when stdout
// has reached its end and the process has been reaped, which is the end of the
// session, too; when the client is gone, it reads on so that the backend can
// finish what it does.
func (s *session) send() {
	defer close(s.sent)
	out := lazyio.NewReader(s.proc.Stdout, nil)
	var err error
	if s.server.cfg.Binary {
		err = s.sendChunks(out)
	} else {
		err = s.sendLines(out)
	}
	out.Discard()
	if !exec.IsEOF(err) {
		s.log.Debug("reading the backend's stdout", "err", err)
	}
	status := s.proc.Wait()
	s.status = &status
	s.server.releaseFork()
	s.settleStderr()
	s.end(exited(status))
}

// frameBuffer takes the frames of all lines that one read has brought: an empty
// line of one byte becomes a frame of two, and no line grows by more than that.
type frameBuffer [2 * lazyio.BufferSize]byte

var frameBuffers = sync.Pool{New: func() any { return new(frameBuffer) }}

// sendLines sends the lines of in, all that one read has brought in one write,
// until in ends. It returns how in ended.
func (s *session) sendLines(in *lazyio.Reader) error {
	f, searched := &s.out, 0
	for {
		err := in.Fill()
		frames := frameBuffers.Get().(*frameBuffer)
		f.frames = frames[:0]
		if used := f.addLines(in.Unread(), searched); used > 0 {
			in.Use(used)
		}
		if in.Full() {
			s.sendFragment(in)
		}
		if err != nil {
			f.addLast(in.Unread())
		}
		searched = len(in.Unread())
		if len(f.frames) > 0 {
			s.write(f)
		}
		frameBuffers.Put(frames)
		f.frames, f.spare = nil, nil
		if err != nil {
			return err
		}
	}
}

// sendFragment sends what the buffer holds of a line that is longer, nearly
// always from where it lies.
func (s *session) sendFragment(in *lazyio.Reader) {
	f := &s.out
	if first, n := f.fragment(in.Unread()); n > 0 {
		s.toClient(framed(in, first, n))
		in.Use(n)
		return
	}
	in.Use(f.addFragment(in.Unread()))
}

// sendChunks sends what each read brings as one binary message (--binary).
func (s *session) sendChunks(in *lazyio.Reader) error {
	for {
		err := in.Fill()
		if n := len(in.Unread()); n > 0 {
			s.toClient(framed(in, finBit|opBinary, n))
			s.out.messages++
			s.out.bytes += uint64(n)
			in.Use(n)
		}
		if err != nil {
			return err
		}
	}
}

// write sends a framer's frames, and warns once of output that is no text.
func (s *session) write(f *framer) {
	if f.repaired && !s.warned {
		s.warned = true
		s.log.Warn("the backend's output is not UTF-8; bad bytes are sent as U+FFFD (use --binary for bytes)")
	}
	if s.shared != nil {
		s.shared.write(f)
		return
	}
	s.toClient(f.frames)
}

// toClient writes frames to the socket, until that fails once: the client takes
// no more then, and the backend's further output is dropped. That does not end
// the session: what the client has sent before is still to be read.
func (s *session) toClient(frames []byte) {
	s.lifetime.crossed()
	if s.deafClient {
		return
	}
	if err := s.conn.writeFrames(frames); err != nil {
		s.deafClient = true
		s.log.Debug("client takes no more; output is dropped", "err", err)
	}
}

// settleStderr waits until what the backend has written to stderr has been
// logged. The process is gone, so all of it is in the pipe: the deadline ends a
// wait for more, which only a grandchild could write.
func (s *session) settleStderr() {
	s.proc.Stderr.SetReadDeadline(time.Now())
	<-s.stderrRead
}
