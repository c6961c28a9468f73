package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"wsd/exec"
	"wsd/server"
	"wsd/server/hint"
)

// setCommand looks the command up, in PATH where it is a bare name, and refuses a
// script that can't run.
func (f *flags) setCommand(cfg *server.Config) error {
	if len(f.Command) == 0 {
		return nil
	}
	name := f.Command[0]
	path, err := exec.LookPath(name)
	if err != nil {
		return &hint.Error{Err: commandError(name, err), Hint: commandHint(name)}
	}
	cfg.Command = append([]string{path}, f.Command[1:]...)
	return checkScript(cfg, fmt.Sprintf("command %q", name), path)
}

// checkScript refuses a script that can't run, where its first line shows that. It
// is called what in the error.
func checkScript(cfg *server.Config, what, path string) error {
	err := (&exec.Command{Path: path, Env: cfg.Env}).Check()
	var script *exec.ScriptError
	if errors.As(err, &script) {
		return hinted(script.Remedy, "%s: %s", what, script.Problem)
	}
	return err
}

// commandError is the error for a command that was not found because of err,
// without the path that err may repeat.
func commandError(name string, err error) error {
	if isBare(name) && errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("no command %q in PATH", name)
	}
	var at *fs.PathError
	if errors.As(err, &at) {
		err = at.Err
	}
	return fmt.Errorf("command %q: %w", name, err)
}

// commandHint is advice for a command that was not found.
func commandHint(name string) string {
	info, err := os.Stat(name)
	switch {
	case err != nil && strings.Contains(name, " "):
		return "write the command and its arguments as separate words, not as one in quotes"
	case err != nil && isBare(name):
		return "is it installed, and its folder in PATH?"
	case err != nil:
		return "a relative path begins at the folder that wsd is started in"
	case info.IsDir():
		return "that is a folder: --dir=" + name + " serves each program in it"
	case !runnable(info):
		return runnableHint(name)
	case isBare(name):
		return "to run the one in this folder, give its path: " + here(name)
	}
	return ""
}

// isBare reports whether name is looked up in PATH.
func isBare(name string) bool { return filepath.Base(name) == name }

// here is the path by which a file of this folder is run.
func here(name string) string { return "." + string(filepath.Separator) + name }
