package server

import (
	"os"
	"slices"
	"strings"
	"testing"

	"wsd/server/servertest"
)

// What happens to what the client sent before it left.

// numbered is a number of messages, as frames and as the lines they become.
func numbered(count, size int) (frames []byte, lines string) {
	var want strings.Builder
	for i := range count {
		line := servertest.TestLine(i, size)
		frames = append(frames, textFrame(line)...)
		want.WriteString(line + "\n")
	}
	return frames, want.String()
}

func wantRecording(t *testing.T, file, want string) {
	t.Helper()
	if got := servertest.Read(t, file); got != want {
		t.Errorf("the backend got %d bytes, %s; want %d bytes, %s", len(got), short(got), len(want), short(want))
	}
}

func TestDeliveredBeforeClose(t *testing.T) {
	t.Parallel()
	for _, leave := range []string{"close frame", "FIN"} {
		t.Run(leave, func(t *testing.T) {
			file := recording(t)
			s := serveToEnd(t, "read:"+file)
			frames, want := numbered(10_000, 100)
			c := s.client(t)
			if leave == "FIN" {
				c.Write(frames)
				c.Conn.Close()
			} else {
				c.Write(slices.Concat(frames, closeWith(1000, "")))
				c.WantCloseFrame(1000, "")
				c.WantEnd()
			}
			end := s.log.Wait(t, "DISCONNECT")
			wantRecording(t, file, want)
			end.Want(t, "messages_in", "10000", "bytes_in", "1000000", "exit", "exit status 0")
		})
	}
}

func TestDeliveredToSlowBackend(t *testing.T) {
	t.Parallel()
	file, gate := recording(t), servertest.NewGate(t)
	s := serveToEnd(t, gate.Step(), "read:"+file)
	frames, want := numbered(1_000, 150)
	c := s.client(t)
	gate.Reached()
	c.Write(frames)
	c.Conn.Close()
	gate.Open()
	s.log.Wait(t, "DISCONNECT")
	wantRecording(t, file, want)
}

// A client that has sent and left is no reason to drop what it sent because the
// backend's next line can't be written any more.
func TestDeliveredAlthoughOutputFails(t *testing.T) {
	t.Parallel()
	file, before, after := recording(t), servertest.NewGate(t), servertest.NewGate(t)
	path := socketPath(t) // whose buffers keep what was sent before its peer closed it
	s := run(t, Config{UnixSocket: path, CloseDelay: servertest.Patience, Command: servertest.Play(before.Step(), "lines:3,10", after.Step(), "read:"+file)})
	c := servertest.NewClient(t, servertest.Connect(t, path)).Upgrade("/")
	before.Reached()
	// More than the pipe and the server's own buffers hold, less than with the
	// socket's.
	frames, want := numbered(1_900, 100)
	c.Write(frames)
	c.Conn.Close()
	before.Open() // three lines that nobody reads: the write fails
	after.Reached()
	after.Open()
	s.log.Wait(t, "DISCONNECT")
	wantRecording(t, file, want)
}

// fillStdin is enough messages to fill a backend's pipe and the server's buffers.
func fillStdin() []byte {
	frames, _ := numbered(3_000, 100)
	return frames
}

// A backend that never reads must not keep a session, and a place of
// MaxForks, for ever when its client has closed the connection properly.
func TestClientClosesWhileBackendReadsNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: wsd gives the backend three seconds")
	}
	t.Parallel()
	s := serveSteps(t, "print:up", "hang")
	c := s.client(t)
	c.Want("up")
	c.Write(textFrame(strings.Repeat("x", 65_535))) // and its newline: what a pipe holds
	// The close frame comes with, and so is seen with, a message that does not fit.
	c.Write(slices.Concat(textFrame("one more"), closeWith(1000, "")))
	c.WantCloseFrame(1000, "")
	s.log.Wait(t, "DISCONNECT").Want(t, "code", "1000")
}

// A backend that is slow at taking what came before a ping is no reason to lose
// the ping, which comes in two pieces.
func TestSlowBackendDuringPing(t *testing.T) {
	t.Parallel()
	gate := servertest.NewGate(t)
	s := serveSteps(t, gate.Step(), "input:120002", "print:read", "drain")
	c := s.client(t)
	gate.Reached()
	c.Send(strings.Repeat("x", 60_000))
	ping := ping("late")
	c.Write(slices.Concat(textFrame(strings.Repeat("y", 60_000)), ping[:7]))
	c.Write(ping[7:])
	gate.Open()
	c.Want("read")
	c.Leave()
	if c.Pongs != 1 {
		t.Errorf("%d pongs for one ping", c.Pongs)
	}
}

// Nor may it take for one what it has read of a message when the session ends: it
// reads on, with no end in sight, and is stopped by signals.
func TestNoEndAfterHalfMessage(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]Config{"pipe": {}, "terminal": {PTY: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := recording(t)
			cfg.Command = servertest.Play("input:1", "awaitint:begun", "read:"+file)
			s := serve(t, cfg)
			c := s.client(t)
			c.Send(strings.Repeat("x", 200_000))
			c.Want("begun")
			go s.Close() // ends with the backend
			c.WantClose(1001, "")
			s.log.Wait(t, "DISCONNECT").Want(t, "code", "1001", "exit", "signal: SIGTERM")
			if got, err := os.ReadFile(file); err == nil {
				t.Errorf("the backend has read %d bytes and an end", len(got))
			}
		})
	}
}

// Half a message is none: the backend must not take it for a whole line.
func TestHalfMessageIsDropped(t *testing.T) {
	t.Parallel()
	for name, half := range map[string][]byte{
		"fragment":           fragment("half"),
		"fragments":          slices.Concat(fragment("half "), more("more")),
		"cut fragment":       fragment("half")[:8],
		"cut frame":          textFrame("half")[:8],
		"cut header":         textFrame("half")[:3],
		"cut large frame":    textFrame(strings.Repeat("x", 100_000))[:80_000],
		"cut last fragment":  slices.Concat(fragment("half "), final("more")[:8]),
		"fragment and close": slices.Concat(fragment("half"), servertest.Frame(servertest.Fin|servertest.Close, "")),
	} {
		t.Run(name, func(t *testing.T) {
			file := recording(t)
			s := serveToEnd(t, "read:"+file)
			c := s.client(t)
			c.Write(slices.Concat(textFrame("whole"), half))
			c.Conn.Close()
			s.log.Wait(t, "DISCONNECT").Want(t, "messages_in", "1")
			wantRecording(t, file, "whole\n")
		})
	}
}
