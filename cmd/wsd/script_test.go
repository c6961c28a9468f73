package main

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"wsd/server/servertest"
)

var update = flag.Bool("update", false, "write what is different into the scripts, and the tables into docs/flags.md")

// TestScript runs each file in testdata/script: what wsd does with a command line.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:           filepath.Join("testdata", "script"),
		UpdateScripts: *update,
		Setup: func(env *testscript.Env) error {
			env.Values["scene"] = &scene{t: env.T().(testing.TB)}
			env.Setenv("PATH", filepath.Dir(servertest.Build(t))+string(os.PathListSeparator)+os.Getenv("PATH"))
			env.Setenv("GORACE", "atexit_sleep_ms=0")
			env.Setenv("socket", filepath.Join(servertest.Dir(env.T().(testing.TB)), "s"))
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits": exits,
			"serve": inScene((*scene).serve), "signal": inScene((*scene).signal),
			"logs": inScene((*scene).logs), "ends": inScene((*scene).ends),
			"get": inScene((*scene).get), "shake": inScene((*scene).shake), "dial": inScene((*scene).dial),
			"send": inScene((*scene).send), "want": inScene((*scene).want), "closed": inScene((*scene).closed),
		},
	})
}

// exits STATUS PROGRAM ARG… is exec of a program that must exit with this status.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	status := 0
	if ended, ok := err.(*exec.ExitError); ok {
		status = ended.ExitCode()
	} else {
		ts.Check(err)
	}
	if neg || strconv.Itoa(status) != args[0] {
		ts.Fatalf("exit status %d, want %s", status, args[0])
	}
}

// A scene is the server of a script, and the client that has dialed last.
type scene struct {
	t      testing.TB
	server *servertest.Process
	client *servertest.Client
}

// inScene makes a command of a method, which fails the test by itself.
func inScene(do func(s *scene, ts *testscript.TestScript, args []string)) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if neg {
			ts.Fatalf("unsupported: !")
		}
		do(ts.Value("scene").(*scene), ts, args)
	}
}

// serve PROGRAM ARG… starts wsd, or a program that does, and returns when it
// listens, at $address. To wsd itself it gives an address, unless there is a Unix
// socket, and a log in JSON. It ends with the script.
func (s *scene) serve(ts *testscript.TestScript, args []string) {
	var cmd *exec.Cmd
	if args[0] == "wsd" {
		cmd = servertest.Command(s.t, args[1:]...)
		if !strings.Contains(strings.Join(args, " "), " --unixsocket=") {
			cmd.Args = append([]string{"wsd", "--address=127.0.0.1:0"}, cmd.Args[1:]...)
		}
	} else {
		cmd = exec.Command(args[0], args[1:]...)
		cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0")
	}
	cmd.Env = append(cmd.Env, "PATH="+ts.Getenv("PATH"))
	cmd.Dir = ts.MkAbs(".")
	s.server = servertest.Listen(s.t, cmd)
	ts.Setenv("address", s.server.Address())
}

// signal NAME… sends signals to the server.
func (s *scene) signal(ts *testscript.TestScript, args []string) {
	for _, name := range args {
		s.server.Signal(map[string]os.Signal{
			"HUP": syscall.SIGHUP, "INT": syscall.SIGINT, "QUIT": syscall.SIGQUIT, "TERM": syscall.SIGTERM,
		}[name])
	}
}

// logs MESSAGE [NAME VALUE]… waits for a record of the server's log.
func (s *scene) logs(_ *testscript.TestScript, args []string) {
	s.server.Log.Wait(s.t, args[0], args[1:]...)
}

// ends STATUS waits until the server has ended, and makes its log what stderr and
// cmp look at.
func (s *scene) ends(ts *testscript.TestScript, args []string) {
	if status := s.server.Wait(); strconv.Itoa(status) != args[0] {
		ts.Fatalf("exit status %d, want %s", status, args[0])
	}
	ts.Stderr().Write([]byte(s.server.Log.Text()))
}

// get STATUS PATH [HEADER]… sends a plain request.
func (s *scene) get(ts *testscript.TestScript, args []string) {
	answer, body := s.server.Client().Get(args[1], args[2:]...)
	checkStatus(ts, args[0], answer.Status)
	ts.Stdout().Write([]byte(body))
}

// shake STATUS PATH [HEADER]… sends the handshake, and leaves.
func (s *scene) shake(ts *testscript.TestScript, args []string) {
	c := s.server.Client()
	checkStatus(ts, args[0], c.Shake(args[1], args[2:]...).Status)
	c.Conn.Close()
}

func checkStatus(ts *testscript.TestScript, want, got string) {
	if !strings.HasPrefix(got, want+" ") {
		ts.Fatalf("answered %s, want %s", got, want)
	}
}

// dial PATH [HEADER]… opens a WebSocket.
func (s *scene) dial(_ *testscript.TestScript, args []string) {
	s.client = s.server.Dial(args[0], args[1:]...)
}

// send TEXT… sends messages, and want TEXT… reads some.
func (s *scene) send(_ *testscript.TestScript, args []string) {
	for _, text := range args {
		s.client.Send(text)
	}
}

func (s *scene) want(_ *testscript.TestScript, args []string) {
	for _, text := range args {
		s.client.Want(text)
	}
}

// closed CODE [REASON] wants the server to close the session.
func (s *scene) closed(ts *testscript.TestScript, args []string) {
	code, err := strconv.Atoi(args[0])
	ts.Check(err)
	s.client.WantClose(code, strings.Join(args[1:], " "))
}
