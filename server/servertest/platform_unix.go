//go:build unix

package servertest

import (
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

const (
	stop    = syscall.SIGTERM // asks a process to end
	canStop = true
	exe     = "" // the end of a program's file name
)

// Public returns the path of a wsd that every user may run; see Build.
func Public(t testing.TB) string {
	t.Helper()
	dir := Dir(t)
	if out, err := exec.Command("cp", Build(t), dir).CombinedOutput(); err != nil {
		t.Fatalf("copying wsd: %v\n%s", err, out)
	}
	return filepath.Join(dir, "wsd")
}

// WriteProgram writes an executable file and returns its path. Another process
// does the writing: a program that this process forks meanwhile would hold the
// file open for writing for a moment, and whoever starts it then would get
// ETXTBSY.
func WriteProgram(t testing.TB, file, text string) string {
	t.Helper()
	cmd := exec.Command("/bin/sh", "-c", `cat >"$1" && chmod 755 "$1"`, "sh", file)
	cmd.Stdin = strings.NewReader(text)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("writing %s: %v\n%s", file, err, out)
	}
	return file
}

// WriteScript is WriteProgram for lines of sh.
func WriteScript(t testing.TB, file, lines string) string {
	t.Helper()
	return WriteProgram(t, file, "#!/bin/sh\n"+lines+"\n")
}
