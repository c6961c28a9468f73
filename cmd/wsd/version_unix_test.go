//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"wsd/server/servertest"
)

// TestVersionOfTree has .ci/version look at a source tree without Git, and at one
// in each state that Git knows of.
func TestVersionOfTree(t *testing.T) {
	git, root := servertest.Tool(t, "git"), servertest.Dir(t)
	for _, file := range []string{".ci/version", "cmd/wsd/version.go"} {
		to := filepath.Join(root, file)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, []byte(servertest.Read(t, "../../"+file)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	run := func(args ...string) string {
		t.Helper()
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Dir = root
		// Not the settings of whoever runs the test, nor a tree around this one.
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null", "GIT_CEILING_DIRECTORIES="+filepath.Dir(root),
			"GIT_AUTHOR_NAME=A", "GIT_AUTHOR_EMAIL=a@test", "GIT_COMMITTER_NAME=A", "GIT_COMMITTER_EMAIL=a@test",
			"GIT_COMMITTER_DATE=2026-11-21T23:59:58-01:00")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	want := func(state, pattern string) {
		t.Helper()
		if got := run("sh", ".ci/version"); !regexp.MustCompile("^" + pattern + "\n$").MatchString(got) {
			t.Errorf("%s: it prints %q, want %s", state, got, pattern)
		}
	}
	exact := regexp.QuoteMeta(release)
	later := exact + `\+git20261122005958\.[0-9a-f]{7}`

	want("no git", exact)
	run(git, "init", "--quiet")
	run(git, "add", ".")
	run(git, "commit", "--quiet", "--message=a release")
	want("no tag", later)
	run(git, "tag", "v"+release+".1")
	want("another tag", later)
	run(git, "tag", "v"+release)
	want("the tag", exact)
	if err := os.WriteFile(filepath.Join(root, "new"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	want("the tag, edited", later+`\.dirty`)
	run(git, "add", ".")
	run(git, "commit", "--quiet", "--message=more")
	want("after the tag", later)
}
