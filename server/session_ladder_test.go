//go:build unix

package server

import (
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"wsd/server/servertest"

	"golang.org/x/sys/unix"
)

// The ladder as a session sees it: EOF, SIGINT, SIGTERM, SIGKILL, to the whole
// process group.

func init() {
	servertest.Steps["trap"] = trapSignals             // FILE: their names go there, and nothing else happens
	servertest.Steps["awaitint"] = func(line string) { // prints it, and waits for SIGINT
		came := make(chan os.Signal, 1)
		signal.Notify(came, syscall.SIGINT)
		fmt.Println(line)
		<-came
	}
	servertest.Steps["eof"] = noteEOF // FILE: waits for stdin's end and notes it there
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
	t.Parallel()
	for name, cfg := range map[string]Config{"pipes": {}, "terminal": {PTY: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			child := servertest.NewGate(t)
			cfg.Command = servertest.Play("start:"+stubborn+";"+child.Step(), stubborn, "print:up", "hang")
			s := serve(t, cfg)
			c := s.client(t)
			c.Want("up")
			child.Reached()
			c.Leave()
			s.log.Wait(t, "DISCONNECT").Want(t, "code", "1000", "exit", "signal: SIGKILL")
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
	c.Want("up")
	child.Reached()
	c.Leave()
	child.Gone()
	s.log.Wait(t, "DISCONNECT").Want(t, "exit", "exit status 0")
}

// What a program leaves behind ends with it, also when it holds no stream of it.
func TestNothingStaysBehind(t *testing.T) {
	t.Parallel()
	const quiet = "start:close:stdout;close:stderr;"
	for name, leave := range map[string]func(steps []string) func(){
		"backend": func(steps []string) func() {
			c := serveSteps(t, append(steps, "drain")...).client(t)
			return c.Leave
		},
		"terminal": func(steps []string) func() {
			c := serve(t, Config{Command: servertest.Play(append(steps, "drain")...), PTY: true}).client(t)
			return c.Leave
		},
		"CGI program": func(steps []string) func() {
			s, gate := serve(t, Config{}), servertest.NewGate(t)
			s.cfg.CGIDir = cgiFolder(t, append(steps, gate.Step(), plainText, "print:")...)
			c := servertest.NewClient(t, servertest.Connect(t, s.addr))
			c.Write([]byte(request("GET", "/play.cgi")))
			gate.Reached()
			return func() { gate.Open(); c.ReadAnswer() }
		},
		"AuthCommand": func(steps []string) func() {
			gate := servertest.NewGate(t)
			c := serveAuth(t, append(steps, gate.Step())...).dial(t)
			c.Write(servertest.Request("/"))
			gate.Reached()
			return func() { gate.Open(); c.WantUpgraded() }
		},
	} {
		for kind, ignore := range map[string]string{"obedient": "", "stubborn": "ignore:SIGHUP,SIGTERM;"} {
			child := servertest.NewGate(t)
			end := leave([]string{quiet + ignore + child.Step()})
			child.Reached()
			end()
			child.Gone()
			if t.Failed() {
				t.Fatal(name, kind)
			}
		}
	}
}

// A process that has left the group can't be killed, and does not hold up the
// session's end either.
func TestLadderGivesUpDaemon(t *testing.T) {
	t.Parallel()
	daemon := servertest.NewGate(t)
	s := serveSteps(t, "daemon:"+stubborn+";"+daemon.Step(), "print:up", "drain")
	c := s.client(t)
	c.Want("up")
	daemon.Reached()
	c.Leave()
	s.log.Wait(t, "DISCONNECT").Want(t, "code", "1000", "exit", "exit status 0")
	daemon.Open() // lets it end
}

func TestLadderOrder(t *testing.T) {
	t.Parallel()
	file := recording(t)
	s := serveSteps(t, "trap:"+file, "print:up", "eof:"+file, "hang")
	c := s.client(t)
	c.Want("up")
	c.Conn.Close()
	s.log.Wait(t, "DISCONNECT").Want(t, "exit", "signal: SIGKILL")
	wantRecording(t, file, "EOF\nSIGINT\nSIGTERM\n")
}

// Each rung ends the backends that it can.
func TestLadderRungs(t *testing.T) {
	t.Parallel()
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
			c.Want("up")
			c.Leave()
			s.log.Wait(t, "DISCONNECT").Want(t, "code", "1000", "exit", tt.exit)
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
	c.Want("up")
	c.Conn.Close()
	afterEOF.Reached()

	hasty := serveSteps(t, stubborn, "print:up", "hang")
	c = hasty.client(t)
	c.Want("up")
	c.Conn.Close()
	hasty.log.Wait(t, "DISCONNECT").Want(t, "exit", "signal: SIGKILL")

	afterEOF.Open()
	patient.log.Wait(t, "DISCONNECT").Want(t, "exit", "exit status 7")
}

// All that the client sent before its close frame is read before the ladder
// begins, however late the backend comes to it.
func TestLadderWaitsForInput(t *testing.T) {
	t.Parallel()
	file, before := recording(t), servertest.NewGate(t)
	s := serveToEnd(t, "trap:"+file+".signals", before.Step(), "read:"+file, "print:read")
	frames, want := numbered(20_000, 100)
	c := s.client(t)
	before.Reached()
	sent := make(chan struct{})
	go func() { // ends when the server has taken all
		defer close(sent)
		c.Conn.Write(slices.Concat(frames, closeWith(1000, "")))
	}()
	before.Open()
	<-sent
	c.WantCloseFrame(1000, "")
	s.log.Wait(t, "DISCONNECT").Want(t, "exit", "exit status 0", "messages_in", "20000")
	wantRecording(t, file, want)
	if signals, err := os.ReadFile(file + ".signals"); err == nil {
		t.Errorf("the backend got %q", signals)
	}
}

// What a backend writes after its stdin's end is nobody's any more and blocks
// nothing.
func TestLadderDrainsOutput(t *testing.T) {
	t.Parallel()
	s := serveToEnd(t, "print:up", "drain", "long:3000000", "errlong:3000000", "exit:5")
	c := s.client(t)
	c.Want("up")
	c.Leave()
	s.log.Wait(t, "DISCONNECT").Want(t, "exit", "exit status 5")
}

func TestShutdownClimbsLadder(t *testing.T) {
	t.Parallel()
	s := serveSteps(t, stubborn, "print:up", "hang")
	c := s.client(t)
	c.Want("up")
	closed := make(chan struct{})
	go func() { defer close(closed); s.Close() }() // ends with the backend, which the ladder ends
	c.WantClose(1001, "server is shutting down")
	<-closed
	s.log.Wait(t, "DISCONNECT").Want(t, "code", "1001", "exit", "signal: SIGKILL")
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
	c.Want("up")
	leaving.Want("up")
	leaving.Leave()
	nc := servertest.Connect(t, s.addr)
	defer nc.Close()
	io.WriteString(nc, "GET /play.cgi HTTP/1.1\r\nHost: a\r\n\r\n")
	begun.Reached()
	s.Kill()
	c.WantClose(1011, "signal: SIGKILL")
	begun.Gone()
	for _, end := range s.log.WaitN(t, 2, "DISCONNECT") {
		end.Want(t, "exit", "signal: SIGKILL")
	}
	s.log.Wait(t, "CGI program failed").Want(t, "exit", "signal: SIGKILL")

	after := s.dial(t)
	if answer := after.Shake("/"); answer.StatusCode != 503 {
		t.Errorf("a handshake after Kill is answered %s", answer.Status)
	}
}

// Kill hurries a Close.
func TestKillDuringClose(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Command: servertest.Play(stubborn, "print:up", "hang"), CloseDelay: time.Hour})
	c := s.client(t)
	c.Want("up")
	closed := make(chan struct{})
	go func() { defer close(closed); s.Close() }() // ends by Kill
	c.WantClose(1001, "")
	s.Kill()
	<-closed
	s.log.Wait(t, "DISCONNECT").Want(t, "code", "1001", "exit", "signal: SIGKILL")
}

// A backend that a signal has ended says so, in the close frame and in the log.
func TestDisconnectLogsSignal(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"SIGTERM", "SIGKILL", "SIGINT", "SIGHUP"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serveSteps(t, "print:up", "kill:"+name)
			c := s.client(t)
			c.Want("up")
			c.WantClose(1011, "signal: "+name)
			end := s.log.Wait(t, "DISCONNECT")
			end.Want(t, "code", "1011", "exit", "signal: "+name, "reason", "signal: "+name)
			if strings.TrimSpace(end["pid"]) == "" {
				t.Errorf("no pid: %v", end)
			}
		})
	}
}
