package main

import (
	"bytes"
	"net"
	"strings"
	"testing"
)

// FuzzCommandLine has command lines of words that are separated by newlines.
// Whatever they are, the answer is a configuration or an error in one line and
// a hint in another.
func FuzzCommandLine(f *testing.F) {
	for _, seed := range []string{
		"",
		"--port=8080\ncat\n-n",
		"-port\n8080\n--ssl\n--\ncat",
		"--address=[::1]:9000\n--address\nlocalhost\n--redirport=81\n--unixsocket=s\ncat",
		"--header=A: b\n--header-ws\nSec-WebSocket-Protocol: x\n--header-http=:\ncat",
		"--origin=https://a.example,b:1,[::1]\n--sameorigin=f\ncat",
		"--maxforks=-1\n--maxframesize=0x10\n--closems=9223372036854775807\n--pingms=-0\ncat",
		"--dir=.\n--staticdir=.\n--cgidir=.\n--devconsole\n--pty",
		"--loglevel=trace\n--logformat=json\n--passenv=PATH,HOME\n--binary\n--passstderr\ncat",
		"--prot=1\n-h\n---\n-=\n--=",
		"--dir=\xff\n\x00\n\x1b[2J",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		var args []string
		if line != "" {
			args = strings.Split(line, "\n")
		}
		cfg, err := configure(args, []string{"PATH=/bin", "HOME=/"})
		if err != nil {
			var b bytes.Buffer
			report(&b, err)
			if n := strings.Count(b.String(), "\n"); n < 1 || n > 2 || exitStatus(err) == 0 {
				t.Errorf("%d lines, status %d: %q", n, exitStatus(err), b.String())
			}
			return
		}
		if len(cfg.Command) > 0 && (cfg.ScriptDir != "" || !strings.HasSuffix(line, strings.Join(cfg.Command[1:], "\n"))) {
			t.Errorf("%q: the command is %q with --dir=%s", line, cfg.Command, cfg.ScriptDir)
		}
		for _, address := range cfg.Addresses {
			if _, _, err := net.SplitHostPort(address); err != nil {
				t.Errorf("%q: %v", line, err)
			}
		}
		if cfg.CloseDelay < 0 || cfg.PingPeriod < 0 || cfg.MaxForks < 0 || cfg.MaxMessage < 0 {
			t.Errorf("%q: a negative limit in %+v", line, cfg)
		}
	})
}
