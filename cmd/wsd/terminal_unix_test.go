//go:build linux || darwin || freebsd

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"wsd/exec"
	"wsd/server/servertest"
)

// On a terminal the log is for people, in colour where it has some.
func TestLogOnTerminal(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		env  []string
		flag string
		want string // a pattern of the first lines
	}{
		"colours":    {[]string{"TERM=xterm"}, "", `\x1b\[2m\d\d:\d\d:\d\d\x1b\[0m CONNECT `},
		"dumb":       {[]string{"TERM=dumb"}, "", `\d\d:\d\d:\d\d CONNECT session=`},
		"no TERM":    {nil, "", `\d\d:\d\d:\d\d CONNECT session=`},
		"NO_COLOR":   {[]string{"TERM=xterm", "NO_COLOR=1"}, "", `\d\d:\d\d:\d\d CONNECT session=`},
		"NO_COLOR=":  {[]string{"TERM=xterm", "NO_COLOR="}, "", `\x1b\[2m\d\d:\d\d:\d\d\x1b\[0m CONNECT `},
		"asked JSON": {[]string{"TERM=xterm"}, "--logformat=json", `{"time":.*"CONNECT"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := []string{"-c", `exec "$@" 2>&1`, "sh", servertest.Build(t), "--address=127.0.0.1:0", "--devconsole", "--loglevel=access"}
			if test.flag != "" {
				args = append(args, test.flag)
			}
			c := &exec.Command{Path: "/bin/sh", Args: append(args, "cat"), PTY: true, Env: append(test.env, "GORACE=atexit_sleep_ms=0", "PATH="+os.Getenv("PATH"), "HOME="+t.TempDir())}
			p, err := c.Start()
			if err != nil {
				t.Fatal(err)
			}
			log := new(servertest.Log)
			ended := make(chan struct{})
			go func() { // ends with wsd; the cleanup waits for it
				defer close(ended)
				log.Copy(p.Stdout)
				p.Wait()
			}()
			t.Cleanup(func() {
				p.Signal(syscall.SIGTERM)
				<-ended
				p.Release()
			})
			pattern := `serving cat at ws://(127\.0\.0\.1:\d+)/, console at http://127\.0\.0\.1:\d+/\n`
			if test.flag != "" {
				pattern = `"url":"http://(127\.0\.0\.1:\d+)/"`
			}
			address := log.WaitText(t, 1, pattern)[1]
			servertest.NewClient(t, servertest.Connect(t, address)).Upgrade("/").WantEcho("hello")
			log.WaitText(t, 1, test.want)
		})
	}
}

// Anything else than a terminal gets the log as it is for programs.
func TestLogElsewhere(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	f, err := parse([]string{"cat"})
	if err != nil {
		t.Fatal(err)
	}
	var buffer bytes.Buffer
	for _, w := range []interface{ Write([]byte) (int, error) }{file, &buffer} {
		log := f.openLog(w)
		log.Info("listening", "url", "http://localhost/")
		log.close()
	}
	for _, got := range []string{servertest.Read(t, file.Name()), buffer.String()} {
		if !regexp.MustCompile(`^time=\S+ level=INFO msg=listening url=http://localhost/\n$`).MatchString(got) || strings.Contains(got, "\x1b") {
			t.Errorf("%q", got)
		}
	}
}
