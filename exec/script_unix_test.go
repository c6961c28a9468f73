//go:build unix

package exec

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
		return path
	}
	crInterpreter, perl, env := write("sh\r", ""), write("perl", ""), write("env", "")
	write("known", "")
	if err := os.WriteFile(filepath.Join(dir, "data"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	const cr, missing, notFound, noLine = `sed -i 's/\r$//'`, ", which does not exist", ", which is not in PATH", "no #! line"
	for text, want := range map[string]string{
		"#!/bin/sh\necho\n":                       "",
		"#! \t/bin/sh  -e  \n":                    "",
		"#!/bin/sh":                               "",
		"#!/bin/sh\r\n":                           cr,
		"#!/bin/sh -e\r\n":                        cr,
		"#!" + perl + " -w\r\n":                   "",
		"#!" + crInterpreter + "\n":               "",
		"#!" + env + " known\n":                   "",
		"#!" + env + " known\r\n":                 cr,
		"#!" + env + " -S known -u\r\n":           "",
		"#!" + env + " -S unknown -u\n":           "asks for unknown" + notFound,
		"#!" + env + " unknown\n":                 "asks for unknown" + notFound,
		"#!" + env + " data\n":                    "asks for data" + notFound,
		"#!" + env + " -i unknown\n":              "",
		"#!" + env + " A=b unknown\n":             "",
		"#!" + env + "\n":                         "",
		"#!/no/such/interpreter -x\n":             "asks for /no/such/interpreter" + missing,
		"#!" + strings.Repeat("/x", 400) + "\n":   missing,
		"#!known\n":                               "", // relative to Dir
		"#!unknown\n":                             "asks for unknown" + missing,
		"echo hello\n":                            noLine,
		"# é\n":                                   noLine,
		"":                                        noLine,
		"#!\necho\n":                              noLine,
		"\ufeff#!/bin/sh\n":                       `sed -i '1s/^\xef\xbb\xbf//'`,
		"\x7fELF\x02\x01\x01\x00":                 "",
		"PK\x03\x04":                              "",
		"\xfe\xff\x00#\x00!\x00/\x00s\x00h\x00\n": "",
	} {
		c := Command{Path: "./a script", Dir: dir, Env: []string{"PATH=/no/such/folder", "PATH=" + dir}}
		write(c.Path, text)
		err := c.Check()
		var script *ScriptError
		switch {
		case want == "":
			if err != nil {
				t.Errorf("%q: %v", text, err)
			}
		case !errors.As(err, &script) || !strings.Contains(err.Error(), want):
			t.Errorf("%q: %v, want %s", text, err, want)
		case strings.Contains(want, "sed") && !strings.HasSuffix(script.Remedy, " '"+filepath.Join(dir, "a script")+"'"):
			t.Errorf("%q: %s", text, script.Remedy)
		}
	}
	for _, path := range []string{dir, filepath.Join(dir, "gone"), play("cat").Path} {
		if err := (&Command{Path: path}).Check(); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// What Check finds is what the kernel says, and Start says it in Check's words.
func TestCheckedScripts(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]error{
		"#!/bin/sh\r\n": syscall.ENOENT, "#!/no/such/interpreter\n": syscall.ENOENT,
		"exit 0\n": syscall.ENOEXEC, "#!\n": syscall.ENOEXEC, "\ufeff#!/bin/sh\n": syscall.ENOEXEC,
	} {
		path := filepath.Join(t.TempDir(), "script")
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
		c := &Command{Path: path}
		said := c.Check()
		if said == nil {
			t.Fatalf("%q passes", text)
		}
		p, err := c.Start()
		if err == nil {
			p.Kill()
			p.Wait()
			p.Release()
			t.Errorf("%q starts", text)
			continue
		}
		if !errors.Is(err, want) || err.Error() != "starting "+path+": "+said.Error() {
			t.Errorf("%q: %v, want %v", text, err, said)
		}
	}
}

func TestQuoted(t *testing.T) {
	for word, want := range map[string]string{
		"": "''", "./greet.sh": "./greet.sh", "--port=80": "--port=80", "a b": "'a b'", "it's": `'it'\''s'`, "$(x)": "'$(x)'", "é": "'é'",
	} {
		if got := Quoted(word); got != want {
			t.Errorf("%s is %s, want %s", word, got, want)
		}
	}
}
