// Package examples_test runs every example in a pipe and through wsd.
package examples_test

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"wsd/exec/exectest"
	"wsd/server/servertest"
)

func TestMain(m *testing.M) { exectest.Main(m, nil) }

// An example is one backend: how it is started, what it is told, and what it
// says.
type example struct {
	// file is the program, or the folder of a Go program, below this folder.
	file string
	// tool runs or builds the file. Where it is missing, the test is skipped.
	tool string
	args []string
	// env is added to the environment in the pipe.
	env []string
	// input is the lines, or the messages, that the backend is sent.
	input []string
	// inPipe checks all that the backend prints in a pipe.
	inPipe check
	// messages is the number of messages after which the client leaves. With 0
	// it stays until the backend has ended the session.
	messages int
	// throughWSD checks the messages that the client has received.
	throughWSD check
}

// examples has a row for each program in this folder.
func examples(t *testing.T) []example {
	return []example{
		count("count/count.js", "node"),
		count("count/count.pl", "perl"),
		count("count/count.py", "python3"),
		count("count/count.sh", "sh"),
		greeter("greeter/go", "go"),
		greeter("greeter/greeter.c", "cc"),
		greeter("greeter/greeter.js", "node"),
		greeter("greeter/greeter.pl", "perl"),
		greeter("greeter/greeter.py", "python3"),
		greeter("greeter/greeter.sh", "sh"),
		environ("environ/environ.pl", "perl"),
		environ("environ/environ.sh", "sh"),
		chat("chat/chat.sh", "sh", filepath.Join(t.TempDir(), "room")),
		calc("json/calc.js", "node"),
		calc("json/calc.py", "python3"),
		stats("stats/stats.py", "python3"),
	}
}

// elsewhere holds the folders that have tests of their own, and what is in them.
var elsewhere = map[string]string{
	"proxy":   "configurations of other programs",
	"relay":   "a program with tests of its own",
	"systemd": "unit files",
}

// pages holds the files that belong to an example but are no program.
var pages = []string{"stats/index.html"}

// TestPipe runs each example in a plain pipe. Its last line has no newline.
func TestPipe(t *testing.T) {
	for _, e := range examples(t) {
		t.Run(e.file, func(t *testing.T) {
			e.inPipe(t, runInPipe(t, e.command(t), e.env, strings.Join(e.input, "\n")))
		})
	}
}

// TestWSD runs each example as a backend of wsd.
func TestWSD(t *testing.T) {
	for _, e := range examples(t) {
		t.Run(e.file, func(t *testing.T) {
			t.Parallel()
			guest := servertest.Serve(t, e.command(t)...).Dial("/?a=b")
			for _, line := range e.input {
				guest.Send(line)
			}
			if e.messages == 0 {
				e.throughWSD(t, guest.WantClose(1000, ""))
				return
			}
			e.throughWSD(t, receive(t, guest, e.messages))
			guest.SendClose(1000)
			guest.WantCloseFrame(1000, "") // more may come before it
		})
	}
	for _, e := range examples(t) {
		if path.Dir(e.file) == "count" {
			t.Run(e.file+" left early", func(t *testing.T) { testLeftEarly(t, e) })
		}
	}
	t.Run("chat of two", testChatOfTwo)
	t.Run("stats page", testStatsPage)
}

// TestEachFileHasARow finds the example that nobody runs, and the one that
// README.md does not mention.
func TestEachFileHasARow(t *testing.T) {
	known := slices.Concat(pages, authPrograms)
	for _, e := range examples(t) {
		known = append(known, e.file)
	}
	for _, file := range exampleFiles(t) {
		if !slices.Contains(known, file) && !slices.Contains(known, path.Dir(file)) {
			t.Errorf("%s is in no row of examples, and its folder is not in elsewhere", file)
		}
	}
	readme := servertest.Read(t, "README.md")
	for _, file := range known {
		if !strings.Contains(readme, file) {
			t.Errorf("README.md does not mention %s", file)
		}
	}
}

// exampleFiles are the files, with slashes, in the folders below this one.
func exampleFiles(t *testing.T) []string {
	var files []string
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, entry fs.DirEntry, err error) error {
		folder, _, below := strings.Cut(name, "/")
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (elsewhere[folder] != "" || entry.Name() == "__pycache__"):
			return fs.SkipDir
		case below && !entry.IsDir():
			files = append(files, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
