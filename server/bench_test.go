package server

import (
	"bytes"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"wsd/server/lazyio"
)

// benchSizes are the sizes of messages, in bytes. The last one is longer than any
// buffer.
var benchSizes = []struct {
	name string
	size int
}{{"64B", 64}, {"1KiB", 1 << 10}, {"500KB", 500_000}}

func init() {
	steps["flood"] = flood     // COUNT,SIZE: that many lines, as fast as the pipe takes them
	steps["swallow"] = swallow // how many bytes of stdin
}

func flood(arg string) {
	count, size, _ := strings.Cut(arg, ",")
	left := atoi(count)
	line := strings.Repeat("x", atoi(size)) + "\n"
	lines := max(1, lazyio.BufferSize/len(line))
	block := []byte(strings.Repeat(line, lines))
	for ; left > 0; left -= lines {
		os.Stdout.Write(block[:min(left, lines)*len(line)])
	}
}

func swallow(arg string) {
	b := make([]byte, lazyio.BufferSize)
	for left := atoi(arg); left > 0; {
		n, err := os.Stdin.Read(b[:min(left, len(b))])
		if left -= n; err != nil {
			os.Exit(1)
		}
	}
}

// endless is a net.Conn that brings the same frames again and again, until its
// bytes are used up.
type endless struct {
	net.Conn
	frames []byte
	at     int
	left   int
}

func (e *endless) Read(p []byte) (n int, err error) {
	if e.left == 0 {
		return 0, io.EOF
	}
	p = p[:min(len(p), e.left)]
	for n < len(p) {
		m := copy(p[n:], e.frames[e.at:])
		n += m
		if e.at += m; e.at == len(e.frames) {
			e.at = 0
		}
	}
	e.left -= n
	return n, nil
}

// benchFrames are frames of a client with messages of this size: about as many
// as fill a buffer.
func benchFrames(size int) (frames []byte, messages int) {
	one := textFrame(strings.Repeat("x", size))
	messages = max(1, lazyio.BufferSize/len(one))
	return bytes.Repeat(one, messages), messages
}

// receiver is a session that is not running, without a backend.
func receiver(t testing.TB, nc net.Conn) *session {
	t.Helper()
	s, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	return s.newSession(s.log, newConn(nc, nil), nil, netip.Addr{})
}

// BenchmarkLines is the framer alone: a message an operation.
func BenchmarkLines(b *testing.B) {
	for _, bs := range benchSizes {
		b.Run(bs.name, func(b *testing.B) {
			b.SetBytes(int64(bs.size))
			b.ReportAllocs()
			line := []byte(strings.Repeat("x", bs.size) + "\n")
			lines := max(1, lazyio.BufferSize/len(line))
			block := bytes.Repeat(line, lines)
			f := framer{frames: make([]byte, 0, len(frameBuffer{}))}
			for done := 0; done < b.N; done += lines {
				frameBlock(&f, block)
			}
		})
	}
}

// frameBlock does what sendLines does, with bytes that are there already.
func frameBlock(f *framer, b []byte) {
	for len(b) > 0 {
		held := b[:min(len(b), lazyio.BufferSize)]
		f.frames = f.frames[:0]
		used := f.addLines(held, 0)
		if used == 0 {
			_, used = f.fragment(held)
		}
		b = b[used:]
	}
}

// BenchmarkTakeFrames is the way from the socket's bytes to stdin's: a message an
// operation.
func BenchmarkTakeFrames(b *testing.B) {
	for _, bs := range benchSizes {
		b.Run(bs.name, func(b *testing.B) {
			b.SetBytes(int64(bs.size))
			frames, messages := benchFrames(bs.size)
			n := receiver(b, &endless{frames: frames, left: len(frames) / messages * b.N})
			b.ReportAllocs()
			b.ResetTimer()
			if err := n.takeFrames(); err != io.EOF || n.in.messages != uint64(b.N) {
				b.Fatalf("%v after %d of %d messages", err, n.in.messages, b.N)
			}
		})
	}
}

func BenchmarkUnmask(b *testing.B) {
	for _, bs := range benchSizes {
		b.Run(bs.name, func(b *testing.B) {
			b.SetBytes(int64(bs.size))
			b.ReportAllocs()
			p := make([]byte, bs.size)
			for b.Loop() {
				unmask(p, [maskSize]byte{1, 2, 3, 4}, 0)
			}
		})
	}
}

// messageCounter counts the messages in what a server sends, without a copy.
type messageCounter struct {
	header [10]byte
	have   int // bytes of header
	left   int // bytes of the payload
	done   int // messages
	bytes  int // of payload
}

func (c *messageCounter) add(b []byte) {
	for len(b) > 0 {
		if c.left > 0 {
			n := min(c.left, len(b))
			c.left -= n
			b = b[n:]
		} else {
			c.header[c.have] = b[0]
			c.have++
			b = b[1:]
			if c.have < 2 || c.have < c.headerSize() {
				continue
			}
			c.left = c.length()
			c.bytes += c.left
			c.have = -c.have // complete: see below
		}
		if c.have < 0 && c.left == 0 {
			if c.header[0]&finBit != 0 && c.header[0]&ctrlBit == 0 {
				c.done++
			}
			c.have = 0
		}
	}
}

func (c *messageCounter) headerSize() int {
	switch c.header[1] {
	case len16:
		return 4
	case len64:
		return 10
	}
	return 2
}

func (c *messageCounter) length() int {
	if c.header[1] < len16 {
		return int(c.header[1])
	}
	n := 0
	for _, x := range c.header[2:c.headerSize()] {
		n = n<<8 | int(x)
	}
	return n
}

// swallower is a client that does as little as it can.
type swallower struct {
	conn    net.Conn
	counter messageCounter
	buf     []byte
}

func newSwallower(c *rawClient) *swallower {
	c.conn.SetDeadline(time.Time{})
	w := &swallower{conn: c.conn, buf: make([]byte, 256<<10)}
	n := c.in.Buffered()
	early, _ := c.in.Peek(n)
	w.counter.add(early)
	return w
}

// readUntil reads until so many messages have come in all.
func (w *swallower) readUntil(messages int) error {
	for w.counter.done < messages {
		n, err := w.conn.Read(w.buf)
		w.counter.add(w.buf[:n])
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *swallower) mustRead(t testing.TB, messages int) {
	t.Helper()
	if err := w.readUntil(messages); err != nil {
		t.Fatalf("after %d of %d messages: %v", w.counter.done, messages, err)
	}
}

// BenchmarkOut is the way from a backend that prints to a client that reads: a
// message an operation.
func BenchmarkOut(b *testing.B) {
	for _, bs := range benchSizes {
		b.Run(bs.name, func(b *testing.B) {
			b.SetBytes(int64(bs.size))
			start := newGate(b)
			s := serveSteps(b, start.step(), "flood:"+itoa(b.N)+","+itoa(bs.size))
			w := newSwallower(s.client(b))
			start.reached()
			b.ReportAllocs()
			b.ResetTimer()
			start.open()
			w.mustRead(b, b.N)
		})
	}
}

// BenchmarkIn is the way from a client that sends to a backend that reads.
func BenchmarkIn(b *testing.B) {
	for _, bs := range benchSizes {
		b.Run(bs.name, func(b *testing.B) {
			b.SetBytes(int64(bs.size))
			s := serveSteps(b, "swallow:"+itoa(b.N*(bs.size+1)), "print:read", "drain")
			w := newSwallower(s.client(b))
			frames, messages := benchFrames(bs.size)
			b.ReportAllocs()
			b.ResetTimer()
			if err := writeFrames(w.conn, frames, messages, b.N); err != nil {
				b.Fatal(err)
			}
			w.mustRead(b, 1)
		})
	}
}

// writeFrames writes count messages; frames hold some of equal size.
func writeFrames(conn net.Conn, frames []byte, messages, count int) error {
	size := len(frames) / messages
	for ; count > 0; count -= messages {
		if _, err := conn.Write(frames[:min(count, messages)*size]); err != nil {
			return err
		}
	}
	return nil
}

// BenchmarkEcho is the way there and back, one message at a time.
func BenchmarkEcho(b *testing.B) {
	for _, bs := range benchSizes {
		b.Run(bs.name, func(b *testing.B) {
			b.SetBytes(int64(bs.size))
			s := serveSteps(b, "echo")
			w := newSwallower(s.client(b))
			frame := textFrame(strings.Repeat("x", bs.size))
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N {
				if _, err := w.conn.Write(frame); err != nil {
					b.Fatal(err)
				}
				w.mustRead(b, i+1)
			}
		})
	}
}

// BenchmarkEchoStream is the same with messages on their way all the time.
func BenchmarkEchoStream(b *testing.B) {
	for _, bs := range benchSizes {
		b.Run(bs.name, func(b *testing.B) {
			b.SetBytes(int64(bs.size))
			s := serveSteps(b, "echo")
			w := newSwallower(s.client(b))
			frames, messages := benchFrames(bs.size)
			b.ReportAllocs()
			b.ResetTimer()
			sent := make(chan error, 1)
			go func() { sent <- writeFrames(w.conn, frames, messages, b.N) }() // received below
			w.mustRead(b, b.N)
			if err := <-sent; err != nil {
				b.Fatal(err)
			}
		})
	}
}
