//go:build linux || darwin || freebsd

package main

import (
	"net/url"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"wsd/exec"
	"wsd/server/servertest"
)

// TestHangUp has the terminal go that wsd was started from, like a window that is closed
// or an SSH connection that breaks: wsd ends, and closes its sessions properly. A SIGHUP
// by kill(1) reloads. Under nohup wsd outlives its terminal.
func TestHangUp(t *testing.T) {
	for name, test := range map[string]struct {
		before string
		ends   bool
	}{
		"terminal": {"", true},
		"nohup":    {"trap '' HUP; ", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := servertest.Dir(t)
			users := servertest.Write(t, filepath.Join(dir, "users"), "ada:$2y$04$dpXIeUEbtaH2vK40Evw91.SP6RLdV5hzXBE9EXh4A5GMhyMv5j70K\n", 0o600)
			wsd, err := (&exec.Command{
				Path: "/bin/sh",
				Args: []string{"-c", test.before + `exec "$@"`, "sh", servertest.Build(t), "--logformat=json", "--address=127.0.0.1:0", "--htpasswd=" + users, "cat"},
				PTY:  true,
				Env:  []string{"GORACE=atexit_sleep_ms=0", "PATH=" + os.Getenv("PATH"), "HOME=" + dir},
			}).Start()
			if err != nil {
				t.Fatal(err)
			}
			log, ended := new(servertest.Log), make(chan exec.Status, 1)
			go func() { // ends with wsd
				log.Copy(wsd.Stderr)
				ended <- wsd.Wait()
			}()
			reaped := false
			t.Cleanup(func() {
				if wsd.Kill(); !reaped {
					<-ended
				}
				wsd.Release()
			})
			at, err := url.Parse(log.Wait(t, "listening")["url"])
			if err != nil {
				t.Fatal(err)
			}
			client := servertest.NewClient(t, servertest.Connect(t, at.Host)).Upgrade("/", "Authorization: Basic YWRhOnJpZ2h0")
			client.WantEcho("hello") // the backend has left wsd's group, which gets the signal
			wsd.Signal(syscall.SIGHUP)
			log.Wait(t, "password file read again")
			client.WantEcho("still there")
			wsd.Stdout.Close() // the terminal
			if !test.ends {
				log.WaitN(t, 2, "password file read again")
				client.WantEcho("and still")
				wsd.Signal(syscall.SIGTERM)
			}
			client.WantClose(1001, "server is shutting down")
			status := <-ended
			if reaped = true; !status.OK() {
				t.Errorf("wsd ended with %v:\n%s", status, log)
			}
		})
	}
}
