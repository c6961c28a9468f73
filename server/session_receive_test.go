package server

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"wsd/server/servertest"
)

func TestEcho(t *testing.T) {
	t.Parallel()
	s := serveSteps(t, "echo")
	c := s.client(t)
	c.WantEcho("hello", "", "é€😀", " spaces  ", "\ttab", strings.Repeat("x", 125), strings.Repeat("x", 126), strings.Repeat("x", 65_520), strings.Repeat("x", 65_535), strings.Repeat("x", 65_536), strings.Repeat("€", 300_000))
	c.Leave()
	s.log.Wait(t, "DISCONNECT").Want(t, "messages_in", "11", "messages_out", "11")
}

// A message with newlines inside reaches stdin as several lines.
func TestNewlinesInMessage(t *testing.T) {
	t.Parallel()
	s := serveSteps(t, "echo")
	c := s.client(t)
	c.Send("one\ntwo\r\nthree\n")
	for _, want := range []string{"one", "two", "three", ""} {
		c.Want(want)
	}
	c.Send("in the middle\r")
	c.Want("in the middle") // a line that ends with "\r\n" by now
}

func TestClientFragments(t *testing.T) {
	t.Parallel()
	s := serveSteps(t, "echo")
	c := s.client(t)
	message := strings.Repeat("aé€😀", 3)
	for size := 1; size <= len(message)+1; size++ {
		var frames []byte
		op := byte(servertest.Text)
		for rest := message; ; op = servertest.Continuation {
			n := min(size, len(rest))
			if rest = rest[n:]; rest == "" {
				op |= servertest.Fin
			}
			at := len(message) - len(rest) - n
			frames = append(frames, servertest.Frame(op, message[at:at+n])...)
			frames = append(frames, ping("between")...)
			if op&servertest.Fin != 0 {
				break
			}
		}
		c.Write(frames)
		c.Want(message)
	}
	c.Write(slices.Concat(fragment(""), more(""), final("")))
	c.Want("")
	c.Write(slices.Concat(fragment("long "), final(string(bytes.Repeat([]byte("y"), 200_000)))))
	c.Want("long " + strings.Repeat("y", 200_000))
}

func TestMaxMessage(t *testing.T) {
	t.Parallel()
	for _, limit := range []int64{1, 100, 70_000} {
		t.Run(fmt.Sprint(limit), func(t *testing.T) {
			s := serve(t, Config{Command: servertest.Play("echo"), MaxMessage: limit})
			exact := strings.Repeat("x", int(limit))
			c := s.client(t)
			c.WantEcho(exact, "", exact)
			c.Write(slices.Concat(fragment(exact), final("")))
			c.Want(exact)
			c.Send(exact + "y")
			c.WantClose(1009, "")

			c = s.client(t)
			c.Write(slices.Concat(fragment(exact), final("y")))
			c.WantClose(1009, "")
		})
	}
}

// 0 is no limit; memory grows with what arrives and not with what is announced.
func TestAnnouncedSizeCostsNothing(t *testing.T) {
	t.Parallel()
	s := serveSteps(t, "echo")
	c := s.client(t)
	c.Write(append(header64(servertest.Fin|servertest.Text, 1<<40), "only a little"...))
	c.Conn.Close()
	s.log.Wait(t, "DISCONNECT").Want(t, "code", "1006", "messages_in", "0")
}

// Data that comes with the handshake, in the same segment and more than the
// HTTP server's buffer holds.
func TestEarlyData(t *testing.T) {
	t.Parallel()
	for _, count := range []int{1, 30, 37, 38, 39, 100, 2_000} {
		t.Run(fmt.Sprint(count), func(t *testing.T) {
			file := recording(t)
			s := serveToEnd(t, "read:"+file)
			frames, want := numbered(count, 100)
			c := s.dial(t)
			c.Write(slices.Concat(servertest.Request("/"), frames, closeWith(1000, "")))
			c.WantUpgraded()
			c.WantCloseFrame(1000, "")
			c.WantEnd()
			s.log.Wait(t, "DISCONNECT")
			if got := servertest.Read(t, file); got != want {
				t.Errorf("the backend got %s, want %s", short(got), short(want))
			}
		})
	}
}
