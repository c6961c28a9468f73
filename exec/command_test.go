package exec

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func listen(t *testing.T, c *Command) told {
	t.Helper()
	e := run(t, c, nil)
	var it told
	if err := json.Unmarshal(e.stdout, &it); err != nil {
		t.Fatalf("%v: stdout %q, stderr %q", err, e.stdout, e.stderr)
	}
	return it
}

func TestArgs(t *testing.T) {
	t.Parallel()
	args := []string{"plain", "", "two words", "a\nb", "*", `"quoted"`, `back\slash`, "$HOME", "ünïcödé", "--"}
	if got := listen(t, play("tell", args...)).Args; !slices.Equal(got, args) {
		t.Errorf("the process got %q, not %q", got, args)
	}
}

func TestDir(t *testing.T) {
	t.Parallel()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	c := play("tell")
	c.Dir = dir
	if got := listen(t, c).Dir; got != dir {
		t.Errorf("the process runs in %s, not in %s", got, dir)
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	if got := listen(t, play("tell")).Dir; got != here {
		t.Errorf("the process runs in %s, not in %s", got, here)
	}
}

// TestEnvironment: a process gets Env and nothing of this process's own
// environment.
func TestEnvironment(t *testing.T) {
	t.Parallel()
	if len(os.Environ()) == 0 {
		t.Fatal("there is nothing here that could leak")
	}
	for _, env := range [][]string{nil, {"A=1", "B=", "C=two words", "D=a=b", "E=a\nb"}} {
		t.Run(strconv.Itoa(len(env)), func(t *testing.T) {
			t.Parallel()
			c := play("tell")
			c.Env = env // without play's own variable, it takes a second
			got := slices.DeleteFunc(listen(t, c).Environ, added)
			if !slices.Equal(got, env) {
				t.Errorf("the process got %q, not %q", got, env)
			}
		})
	}
}

// TestCannotStart: the error says what is wrong with what.
func TestCannotStart(t *testing.T) {
	dir := t.TempDir()
	plain := filepath.Join(dir, "plain")
	if err := os.WriteFile(plain, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	self := play("cat")
	for _, test := range []struct {
		name    string
		command Command
		says    string
	}{
		{"missing", Command{Path: filepath.Join(dir, "missing")}, "missing"},
		{"no path", Command{}, ""},
		{"a folder", Command{Path: dir}, dir},
		{"not executable", Command{Path: plain}, "plain"},
		{"no folder", Command{Path: self.Path, Args: self.Args, Dir: filepath.Join(dir, "gone")}, "working folder"},
		{"a file as folder", Command{Path: self.Path, Args: self.Args, Dir: plain}, "working folder"},
	} {
		p, err := test.command.Start()
		if err == nil {
			p.Kill()
			p.Wait()
			p.Release()
			t.Errorf("%s: started", test.name)
		} else if !strings.HasPrefix(err.Error(), "starting ") || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

func TestLookPath(t *testing.T) {
	self := play("cat").Path
	if got, err := LookPath(self); got != self || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	t.Setenv("PATH", filepath.Dir(self))
	if got, err := LookPath(filepath.Base(self)); got != self || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	for _, name := range []string{"no-such-program", filepath.Join(t.TempDir(), "no-such-program"), ""} {
		if got, err := LookPath(name); got != "" || !os.IsNotExist(err) {
			t.Errorf("%q: %q, %v", name, got, err)
		}
	}
}
