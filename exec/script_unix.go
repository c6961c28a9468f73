//go:build unix

package exec

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// headSize is how much of a script the kernel looks at, in bytes.
const headSize = 256

const byteOrderMark = "\ufeff"

// Check reads the first line of the command's file, and returns a *ScriptError when
// a script can't run with it. It starts nothing. It returns nil for all else: a
// program that is not a script, and a file that is missing or can't be read.
func (c *Command) Check() error {
	head, ok := readHead(c.file())
	if !ok {
		return nil
	}
	line, _, _ := strings.Cut(head, "\n")
	words, isScript := strings.CutPrefix(line, "#!")
	switch {
	case strings.HasPrefix(line, byteOrderMark+"#!"):
		return &ScriptError{
			"it begins with a byte order mark, which hides its #! line",
			`remove that with: sed -i '1s/^\xef\xbb\xbf//' ` + Quoted(c.file()), syscall.ENOEXEC,
		}
	case isText(head) && (!isScript || strings.Trim(words, " \t") == ""):
		return &ScriptError{
			"it has no #! line", "begin it with #!/bin/sh, or with the path of the interpreter that it is for", syscall.ENOEXEC,
		}
	case !isScript || c.hasInterpreter(words):
		return nil
	case strings.HasSuffix(line, "\r"):
		return &ScriptError{
			"its #! line ends with CR, as lines do on Windows", `remove that with: sed -i 's/\r$//' ` + Quoted(c.file()), syscall.ENOENT,
		}
	}
	interpreter, argument := splitInterpreter(words)
	if name := c.looksUp(interpreter, argument); name != "" {
		return &ScriptError{
			"its #! line asks for " + name + ", which is not in PATH", "install it, or change the line", syscall.ENOENT,
		}
	}
	return &ScriptError{
		"its #! line asks for " + interpreter + ", which does not exist", "install it, or change the line", syscall.ENOENT,
	}
}

// readHead returns the first headSize bytes of a file, or fewer, and whether it could
// be read.
func readHead(path string) (head string, ok bool) {
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return "", false // a pipe, for one, would wait for a writer
	}
	f, err := os.Open(path)
	if err != nil {
		return "", false
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, headSize))
	return string(b), err == nil
}

// isText reports whether head begins a file of text. The kernel may have been told
// how to start one of anything else (binfmt_misc).
func isText(head string) bool {
	return !strings.ContainsFunc(head, func(c rune) bool { return c < ' ' && !strings.ContainsRune("\t\n\v\f\r\x1b", c) })
}

// splitInterpreter splits what follows "#!" as the kernel does: after the interpreter
// comes at most one argument, with all its spaces.
func splitInterpreter(words string) (interpreter, argument string) {
	words = strings.Trim(words, " \t")
	if i := strings.IndexAny(words, " \t"); i >= 0 {
		return words[:i], strings.TrimLeft(words[i:], " \t")
	}
	return words, ""
}

// hasInterpreter reports whether the interpreter in words, which follow "#!", is
// there, and doesn't stumble over a CR at their end. It gives those that it does not
// know the benefit of the doubt, but not with a CR: only Perl and Ruby ignore that.
func (c *Command) hasInterpreter(words string) bool {
	interpreter, argument := splitInterpreter(words)
	path := interpreter
	if !filepath.IsAbs(path) {
		path = filepath.Join(c.Dir, path)
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return false
	}
	if name := c.looksUp(interpreter, argument); name != "" {
		return c.inPath(name)
	}
	return !strings.HasSuffix(argument, "\r") || slices.Contains([]string{"perl", "ruby"}, filepath.Base(interpreter))
}

// looksUp returns the program that env(1) is asked to look up in PATH, or "" where
// the interpreter is another, or its argument is more than that program's name.
func (c *Command) looksUp(interpreter, argument string) string {
	words := strings.Fields(strings.TrimSuffix(argument, "\r"))
	if len(words) > 0 && words[0] == "-S" {
		words = words[1:]
	}
	if filepath.Base(interpreter) != "env" || len(words) == 0 || strings.ContainsAny(words[0], "-=/") {
		return ""
	}
	if len(words) == 1 && strings.HasSuffix(argument, "\r") {
		return words[0] + "\r"
	}
	return words[0]
}

// inPath reports whether the command's own PATH has a program called name, or
// whether it has no PATH: where env(1) looks then is its own affair.
func (c *Command) inPath(name string) bool {
	path := ""
	for _, variable := range c.Env {
		if value, ok := strings.CutPrefix(variable, "PATH="); ok {
			path = value
		}
	}
	for _, folder := range filepath.SplitList(path) {
		if info, err := os.Stat(filepath.Join(folder, name)); err == nil && info.Mode()&0o111 != 0 {
			return true
		}
	}
	return path == ""
}
