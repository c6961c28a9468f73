package systemd_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"wsd/server/servertest"
)

// testJournal gives wsd a pipe for the journal's socket: what counts is whether
// JOURNAL_STREAM names it.
func testJournal(t *testing.T) {
	const time = `time=\S+ `
	for _, test := range []struct {
		name, args string
		journal    func(dev, ino uint64) string
		want       string
	}{
		{"text", "--address=127.0.0.1:0 --logformat=text", stream, `^<6>level=INFO msg=listening url=\S+\n`},
		{"json", "--address=127.0.0.1:0 ", stream, `^<6>{"level":"INFO","msg":"listening","url":"\S+"}\n`},
		{"error", "--prot=0", stream, `^<3>wsd: error: unknown flag --prot\n<3>wsd: hint: `},
		{"another stream", "--address=127.0.0.1:0 --logformat=text", func(dev, ino uint64) string { return stream(dev, ino+1) }, "^" + time},
		{"nonsense", "--address=127.0.0.1:0 --logformat=text", func(uint64, uint64) string { return "1" }, "^" + time},
		{"no journal", "--address=127.0.0.1:0 --logformat=text", nil, "^" + time},
	} {
		t.Run(test.name, func(t *testing.T) {
			out := logged(t, test.args+" --devconsole", test.journal)
			if !regexp.MustCompile(test.want).MatchString(out) {
				t.Errorf("%q, want %s", out, test.want)
			}
		})
	}
}

// stream is the form of JOURNAL_STREAM.
func stream(dev, ino uint64) string { return fmt.Sprintf("%d:%d", dev, ino) }

// logged returns what a wsd that is stopped again has written to stderr.
func logged(t *testing.T, args string, journal func(dev, ino uint64) string) string {
	t.Helper()
	stderr, written, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer stderr.Close()
	cmd := servertest.Command(t, strings.Fields(args)...)
	cmd.Stderr = written
	if journal != nil {
		var stat syscall.Stat_t
		if err := syscall.Fstat(int(written.Fd()), &stat); err != nil {
			t.Fatal(err)
		}
		cmd.Env = append(cmd.Env, "JOURNAL_STREAM="+journal(stat.Dev, stat.Ino))
	}
	p := servertest.Start(t, cmd)
	written.Close()
	var log servertest.Log
	read := make(chan struct{})
	go func() { defer close(read); log.Copy(stderr) }()               // ends with wsd; awaited below
	if strings.Contains(log.WaitText(t, 1, ".*\n")[0], "listening") { // otherwise it ends by itself
		p.Signal(syscall.SIGTERM)
	}
	p.Wait() // with a status that depends on args
	<-read
	return log.Text()
}
