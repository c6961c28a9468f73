//go:build unix

package server

import (
	"strconv"
	"syscall"
	"testing"

	"wsd/server/servertest"
)

const lateWarning = "its output came only at its end: flush after each line, or start wsd with {PTY}"

func init() { servertest.Steps["burn"] = burn } // how many milliseconds of processor time

func burn(ms string) {
	want, err := strconv.Atoi(ms)
	if err != nil {
		panic(err)
	}
	for {
		var used syscall.Rusage
		if syscall.Getrusage(syscall.RUSAGE_SELF, &used); used.Utime.Nano()+used.Stime.Nano() >= int64(want)*1e6 {
			return
		}
	}
}

// serveLate serves a command to which any silence is long, and none too short.
func serveLate(t *testing.T, cfg Config) *testServer {
	cfg.CloseDelay = servertest.Patience
	s := serve(t, cfg)
	s.session.LateAfter, s.session.LateWithin = 0, servertest.Patience
	return s
}

// Programs that hold their output back are found out at their end, and the client
// was not sent what came then.
func TestLateOutput(t *testing.T) {
	t.Parallel()
	for name, command := range map[string][]string{
		"python": {"python3", "-c", "import sys\nfor line in sys.stdin: print(line.upper(), end='')"},
		"perl":   {"perl", "-ne", "print uc"},
		"grep":   {"sh", "-c", "cat | grep ."},
		"awk":    {"awk", "{ print toupper($0) }"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			command[0] = servertest.Tool(t, command[0])
			s := serveLate(t, Config{Command: command, Env: []string{"PATH=/usr/local/bin:/usr/bin:/bin"}})
			for range 2 { // the second is not logged
				c := s.client(t)
				c.Send("ada")
				c.Sync()
				c.Leave()
			}
			for _, end := range s.log.WaitN(t, 2, "DISCONNECT") {
				end.Want(t, "messages_in", "1", "messages_out", "0", "bytes_out", "0")
			}
			warnings := s.log.All(lateWarning)
			if len(warnings) != 1 {
				t.Fatalf("%d warnings", len(warnings))
			}
			warnings[0].Want(t, "level", LevelWarn.String(), "program", command[0])
		})
	}
}

// The end may also be the server's, and the client may just be gone.
func TestLateOutputAtOtherEnds(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(s *testServer, c *servertest.Client){
		"shutdown": func(s *testServer, _ *servertest.Client) { s.life.reach(closing) },
		"FIN":      func(_ *testServer, c *servertest.Client) { c.Conn.Close() },
		"reset":    func(_ *testServer, c *servertest.Client) { c.Reset() },
		"fault":    func(_ *testServer, c *servertest.Client) { c.Write([]byte{0xff, 0xff}) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serveLate(t, Config{Command: servertest.Play("drain", "print:late")})
			c := s.client(t)
			c.Send("ada")
			c.Sync()
			end(s, c)
			over := s.log.Wait(t, "DISCONNECT")
			if name == "FIN" || name == "reset" { // others may still get it
				over.Want(t, "messages_out", "0")
			}
			if warnings := s.log.All(lateWarning); len(warnings) != 1 {
				t.Errorf("%d warnings", len(warnings))
			}
		})
	}
}

// Programs that are quiet by nature, or for which nobody asked, are left alone.
func TestOutputNotLate(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		command []string
		say     string
		hear    string
		pty     bool
	}{
		"grep --line-buffered": {command: []string{"sh", "-c", "cat | grep --line-buffered ."}, say: "ada", hear: "ada"},
		"shell":                {command: []string{"sh", "-c", "while read -r line; do echo $line; done; echo bye"}, say: "ada", hear: "ada"},
		"prints nothing":       {command: servertest.Play("drain"), say: "ada"},
		"greets":               {command: servertest.Play("print:hello", "drain", "print:bye"), say: "ada", hear: "hello"},
		"prompts":              {command: servertest.Play("write:3e", "input:4", "print:", "drain", "print:bye"), say: "ada", hear: ">"},
		"was asked nothing":    {command: servertest.Play("drain", "print:bye")},
		"computes":             {command: servertest.Play("input:4", "burn:700", "drain", "print:42"), say: "ada"},
		"exits by itself":      {command: servertest.Play("input:4", "print:late"), say: "ada", hear: "late"},
		"terminal":             {command: servertest.Play("drain", "print:late"), say: "ada", pty: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.command[0] = servertest.Tool(t, tt.command[0])
			s := serveLate(t, Config{Command: tt.command, PTY: tt.pty, Env: []string{"PATH=/usr/local/bin:/usr/bin:/bin"}})
			c := s.client(t)
			if tt.say != "" {
				c.Send(tt.say)
			}
			if tt.hear != "" {
				c.Want(tt.hear)
			} else {
				c.Sync()
			}
			c.Conn.Close()
			s.log.Wait(t, "DISCONNECT")
			if warnings := s.log.All(lateWarning); len(warnings) > 0 {
				t.Error(warnings)
			}
		})
	}
}
