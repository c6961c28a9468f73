package server

import (
	"time"

	"wsd/exec"
)

// send is the pump from the backend's stdout to the socket. It ends when stdout
// has reached its end and the process has been reaped, which is the end of the
// session, too; when the client is gone, it reads on so that the backend can
// finish what it does.
func (s *session) send() {
	defer close(s.sent)
	out := newIdleReader(s.proc.Stdout, nil)
	var err error
	if s.server.cfg.Binary {
		err = s.sendChunks(out)
	} else {
		err = s.sendLines(out)
	}
	out.discard()
	if !exec.IsEOF(err) {
		s.log.Debug("reading the backend's stdout", "err", err)
	}
	status := s.proc.Wait()
	s.status = &status
	s.server.releaseFork()
	s.settleStderr()
	s.end(exited(status))
}

// sendLines sends the lines of in, all that one read has brought in one write,
// until in ends. It returns how in ended.
func (s *session) sendLines(in *idleReader) error {
	f, searched := &s.out, 0
	for {
		err := in.fill()
		frames := frameBuffers.Get().(*frameBuffer)
		f.frames = frames[:0]
		if used := f.addLines(in.unread(), searched); used > 0 {
			in.use(used)
		}
		if in.full() {
			s.sendFragment(in)
		}
		if err != nil {
			f.addLast(in.unread())
		}
		searched = len(in.unread())
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
func (s *session) sendFragment(in *idleReader) {
	f := &s.out
	if first, n := f.fragment(in.unread()); n > 0 {
		s.toClient(in.frame(first, n))
		in.use(n)
		return
	}
	in.use(f.addFragment(in.unread()))
}

// sendChunks sends what each read brings as one binary message (--binary).
func (s *session) sendChunks(in *idleReader) error {
	for {
		err := in.fill()
		if n := len(in.unread()); n > 0 {
			s.toClient(in.frame(finBit|opBinary, n))
			s.out.messages++
			s.out.bytes += uint64(n)
			in.use(n)
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
