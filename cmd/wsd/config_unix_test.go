//go:build unix

package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestCommandLookup(t *testing.T) {
	folder := t.TempDir()
	t.Chdir(folder)
	t.Setenv("PATH", filepath.Join(folder, "bin"))
	for name, mode := range map[string]os.FileMode{"bin/tool": 0o755, "here": 0o755, "plain": 0o644} {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte("#!/bin/sh\n"), mode); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{"tool": folder + "/bin/tool", "./here": "./here", folder + "/here": folder + "/here"} {
		cfg, err := configure([]string{name, "-x"}, nil)
		if err != nil || !slices.Equal(cfg.Command, []string{want, "-x"}) {
			t.Errorf("%s: %q, %v, want %s", name, cfg.Command, err, want)
		}
	}
	for _, test := range []struct{ name, err, hint string }{
		{"here", `no command "here" in PATH`, "to run the one in this folder, give its path: ./here"},
		{"plain", `no command "plain" in PATH`, "make the one in this folder executable with chmod +x plain, and run it by its path: ./plain"},
		{"./plain", `command "./plain": permission denied`, "make it executable: chmod +x ./plain"},
		{"./none", `command "./none": no such file or directory`, "a relative path begins at the folder that wsd is started in"},
		{"./bin", `command "./bin": is a directory`, "that is a folder: --dir=./bin serves each program in it"},
		{"./here -x", `command "./here -x": no such file or directory`, "write the command and its arguments as separate words, not as one in quotes"},
	} {
		_, err := configure([]string{test.name}, nil)
		checkError(t, []string{test.name}, err, 1, test.err, test.hint)
	}
	_, err := configure([]string{"--dir=none"}, nil)
	checkError(t, []string{"--dir=none"}, err, 1, "--dir=none: no such file or directory", "")
}

func TestCacheDir(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", "")
	t.Setenv("HOME", "/home")
	if dir := cacheDir(); !filepath.IsAbs(dir) || filepath.Base(dir) != "wsd" {
		t.Errorf("the cache folder is %q", dir)
	}
	t.Setenv("HOME", "")
	if dir := cacheDir(); dir != "" {
		t.Errorf("the cache folder is %q, but there is no home", dir)
	}
}
