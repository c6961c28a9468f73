//go:build unix

package server

import (
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"wsd/server/servertest"
	"wsd/server/websocket"

	"golang.org/x/sys/unix"
)

// The ladder as a session sees it: EOF, SIGINT, SIGTERM, SIGKILL, to the whole
// process group.

func init() {
	servertest.Steps["trap"] = trapSignals // FILE: their names go there, and nothing else happens
	servertest.Steps["eof"] = noteEOF      // FILE: waits for stdin's end and notes it there
}

func trapSignals(file string) {
	came := make(chan os.Signal, 10)
	signal.Notify(came, syscall.SIGINT, syscall.SIGTERM)
	go func() { // ends with the process
		for s := range came {
			note(file, unix.SignalName(s.(syscall.Signal)))
		}
	}()
}

func noteEOF(file string) {
	io.Copy(io.Discard, os.Stdin)
	note(file, "EOF")
}

func note(file, line string) {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		panic(err)
	}
	f.WriteString(line + "\n")
	f.Close()
}

const stubborn = "ignore:SIGINT,SIGTERM"

// A backend that ignores everything, and a child of it that does, are killed.
func TestLadderKillsGroup(t *testing.T) {
	for name, cfg := range map[string]Config{"pipes": {}, "terminal": {PTY: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			child := servertest.NewGate(t)
			cfg.Command = servertest.Play("start:"+stubborn+";"+child.Step(), stubborn, "print:up", "hang")
			s := serve(t, cfg)
			c := s.client(t)
			c.wantText("up")
			child.Reached()
			c.close(1000)
			c.wantCloseCode(1000, "")
			c.wantEnd()
			s.log.end(t).wantAttrs(t, map[string]string{"code": "1000", "exit": "signal: SIGKILL"})
			child.Gone()
		})
	}
}

// A backend that has ended leaves a child that holds stdout: the ladder is for
// that, too.
func TestLadderReachesChildOfEndedBackend(t *testing.T) {
	t.Parallel()
	child := servertest.NewGate(t)
	s := serveSteps(t, "start:"+stubborn+";"+child.Step(), "print:up")
	c := s.client(t)
	c.wantText("up")
	child.Reached()
	c.close(1000)
	c.wantCloseCode(1000, "")
	child.Gone()
	s.log.end(t).wantAttrs(t, map[string]string{"exit": "exit status 0"})
}

// A process that has left the group can't be killed, and does not hold up the
// session's end either.
func TestLadderGivesUpDaemon(t *testing.T) {
	t.Parallel()
	daemon := servertest.NewGate(t)
	s := serveSteps(t, "daemon:"+stubborn+";"+daemon.Step(), "print:up", "drain")
	c := s.client(t)
	c.wantText("up")
	daemon.Reached()
	c.close(1000)
	c.wantCloseCode(1000, "")
	s.log.end(t).wantAttrs(t, map[string]string{"code": "1000", "exit": "exit status 0"})
	daemon.Open() // lets it end
}

func TestLadderOrder(t *testing.T) {
	t.Parallel()
	file := recording(t)
	s := serveSteps(t, "trap:"+file, "print:up", "eof:"+file, "hang")
	c := s.client(t)
	c.wantText("up")
	c.conn.Close()
	s.log.end(t).wantAttrs(t, map[string]string{"exit": "signal: SIGKILL"})
	wantRecording(t, file, "EOF\nSIGINT\nSIGTERM\n")
}

// Each rung ends the backends that it can.
func TestLadderRungs(t *testing.T) {
	for _, tt := range []struct{ step, exit string }{
		{"drain", "exit status 0"},
		{"hang", "signal: SIGINT"},
		{"ignore:SIGINT", "signal: SIGTERM"},
		{stubborn, "signal: SIGKILL"},
	} {
		t.Run(tt.step, func(t *testing.T) {
			t.Parallel()
			s := serveSteps(t, tt.step, "print:up", "drain", "exit:0")
			if tt.exit != "exit status 0" {
				s = serveSteps(t, tt.step, "print:up", "hang")
			}
			if tt.step == "hang" || tt.step == "drain" {
				s = serveSteps(t, "print:up", tt.step)
			}
			c := s.client(t)
			c.wantText("up")
			c.close(1000)
			c.wantCloseCode(1000, "")
			s.log.end(t).wantAttrs(t, map[string]string{"code": "1000", "exit": tt.exit})
		})
	}
}

// CloseDelay is added to each wait: a backend that is stopped with it outlives one
// that began to be stopped later without it.
func TestCloseDelay(t *testing.T) {
	t.Parallel()
	file, afterEOF := recording(t), servertest.NewGate(t)
	patient := serve(t, Config{
		Command:    servertest.Play("print:up", "eof:"+file, afterEOF.Step(), "exit:7"),
		CloseDelay: time.Hour,
	})
	c := patient.client(t)
	c.wantText("up")
	c.conn.Close()
	afterEOF.Reached()

	hasty := serveSteps(t, stubborn, "print:up", "hang")
	c = hasty.client(t)
	c.wantText("up")
	c.conn.Close()
	hasty.log.end(t).wantAttrs(t, map[string]string{"exit": "signal: SIGKILL"})

	afterEOF.Open()
	patient.log.end(t).wantAttrs(t, map[string]string{"exit": "exit status 7"})
}

// All that the client sent before its close frame is read before the ladder
// begins, however late the backend comes to it.
func TestLadderWaitsForInput(t *testing.T) {
	t.Parallel()
	file, before := recording(t), servertest.NewGate(t)
	s := serveSteps(t, "trap:"+file+".signals", before.Step(), "read:"+file, "print:read")
	frames, want := numbered(20_000, 100)
	c := s.client(t)
	before.Reached()
	sent := make(chan struct{})
	go func() { // ends when the server has taken all
		defer close(sent)
		c.conn.Write(joined(frames, clientFrame(websocket.FinBit|websocket.OpClose, closePayload(1000, ""))))
	}()
	before.Open()
	<-sent
	c.wantCloseCode(1000, "")
	s.log.end(t).wantAttrs(t, map[string]string{"exit": "exit status 0", "messages_in": "20000"})
	wantRecording(t, file, want)
	if signals, err := os.ReadFile(file + ".signals"); err == nil {
		t.Errorf("the backend got %q", signals)
	}
}

// What a backend writes after its stdin's end is nobody's any more and blocks
// nothing.
func TestLadderDrainsOutput(t *testing.T) {
	t.Parallel()
	s := serveSteps(t, "print:up", "drain", "long:3000000", "errlong:3000000", "exit:5")
	c := s.client(t)
	c.wantText("up")
	c.close(1000)
	c.wantCloseCode(1000, "")
	s.log.end(t).wantAttrs(t, map[string]string{"exit": "exit status 5"})
}

func TestShutdownClimbsLadder(t *testing.T) {
	t.Parallel()
	s := serveSteps(t, stubborn, "print:up", "hang")
	c := s.client(t)
	c.wantText("up")
	closed := make(chan struct{})
	go func() { defer close(closed); s.Close() }() // ends with the backend, which the ladder ends
	c.wantClose(1001, "server is shutting down")
	<-closed
	s.log.end(t).wantAttrs(t, map[string]string{"code": "1001", "exit": "signal: SIGKILL"})
}

// Kill needs no ladder: sessions, sessions that are being closed, and CGI programs
// end at once.
func TestKill(t *testing.T) {
	t.Parallel()
	begun := servertest.NewGate(t)
	s := serve(t, Config{
		Command:    servertest.Play(stubborn, "print:up", "hang"),
		CGIDir:     cgiFolder(t, stubborn, begun.Step(), "hang"),
		CloseDelay: time.Hour,
	})
	c, leaving := s.client(t), s.client(t)
	c.wantText("up")
	leaving.wantText("up")
	leaving.close(1000)
	leaving.wantCloseCode(1000, "")
	nc := dialTCP(t, s.addr)
	defer nc.Close()
	io.WriteString(nc, "GET /play.cgi HTTP/1.1\r\nHost: a\r\n\r\n")
	begun.Reached()
	s.Kill()
	c.wantClose(1011, "signal: SIGKILL")
	begun.Gone()
	for _, end := range s.log.wait(t, "DISCONNECT", 2) {
		end.wantAttrs(t, map[string]string{"exit": "signal: SIGKILL"})
	}
	s.log.wait(t, "CGI program failed", 1)[0].wantAttrs(t, map[string]string{"exit": "signal: SIGKILL"})

	after := newRawClient(t, dialTCP(t, s.addr))
	after.shake("/", nil)
	if after.answer.StatusCode != 503 {
		t.Errorf("a handshake after Kill is answered %s", after.answer.Status)
	}
}

// Kill hurries a Close.
func TestKillDuringClose(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Command: servertest.Play(stubborn, "print:up", "hang"), CloseDelay: time.Hour})
	c := s.client(t)
	c.wantText("up")
	closed := make(chan struct{})
	go func() { defer close(closed); s.Close() }() // ends by Kill
	c.wantClose(1001, "")
	s.Kill()
	<-closed
	s.log.end(t).wantAttrs(t, map[string]string{"code": "1001", "exit": "signal: SIGKILL"})
}

// A backend that a signal has ended says so, in the close frame and in the log.
func TestDisconnectLogsSignal(t *testing.T) {
	for _, name := range []string{"SIGTERM", "SIGKILL", "SIGINT", "SIGHUP"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serveSteps(t, "print:up", "kill:"+name)
			c := s.client(t)
			c.wantText("up")
			c.wantClose(1011, "signal: "+name)
			end := s.log.end(t)
			end.wantAttrs(t, map[string]string{"code": "1011", "exit": "signal: " + name, "reason": "signal: " + name})
			if strings.TrimSpace(end.attrs["pid"]) == "" {
				t.Errorf("no pid: %v", end)
			}
		})
	}
}
