package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"wsd/server/servertest"
)

// output runs a program that must succeed and write nothing to stderr.
func output(t *testing.T, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), servertest.Tool(t, name), args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil || stderr.Len() > 0 {
		t.Errorf("%s %q: %v\n%s%s", name, args, err, out, stderr.Bytes())
	}
	return string(out)
}

// written is a file with what write writes.
func written(t *testing.T, name string, write func(b *bytes.Buffer) error) string {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

func completion(t *testing.T, shell, name string) string {
	t.Helper()
	return written(t, name, func(b *bytes.Buffer) error { return writeCompletion(b, shell) })
}

func TestManLint(t *testing.T) {
	page := written(t, "wsd.1", func(b *bytes.Buffer) error {
		err := writeMan(b)
		// What a release has and a test has not.
		*b = *bytes.NewBuffer(bytes.Replace(b.Bytes(), []byte(`.TH WSD 1 ""`), []byte(`.TH WSD 1 "2026-01-02"`), 1))
		return err
	})
	t.Run("mandoc", func(t *testing.T) {
		if out := output(t, "mandoc", "-Tlint", page); out != "" {
			t.Error(out)
		}
	})
	t.Run("groff", func(t *testing.T) { output(t, "groff", "-man", "-Tutf8", "-ww", page) })
}

func TestCompletionSyntax(t *testing.T) {
	for _, shell := range shells {
		t.Run(shell, func(t *testing.T) { output(t, shell, "-n", completion(t, shell, "script")) })
	}
}

// testFolder has what the completions of file names are about, and is made the
// current folder.
func testFolder(t *testing.T) {
	t.Helper()
	t.Chdir(t.TempDir())
	for _, dir := range []string{"backends", "empty"} {
		if err := os.Mkdir(dir, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []string{"backend.pem", "backend two.pem", "backends/chat"} {
		if err := os.WriteFile(file, nil, 0o777); err != nil {
			t.Fatal(err)
		}
	}
}

// completions are command lines and what completes their last word. Words that
// are parted here by | are those that bash parts, too.
var completions = []struct {
	line string // after wsd
	want string // comma-separated
}{
	{"--logf", "--logformat="},
	{"--head", "--header=,--header-ws=,--header-http="},
	{"--pt", "--pty"},
	{"--ssl| --pt", "--pty"},
	{"--port|=|80| --pt", "--pty"},
	{"--port| 80| --pt", "--pty"},
	{"--pty| --logformat|=|", "json,text"},
	{"--logformat|=|j", "json"},
	{"--logformat| j", "json"},
	{"--loglevel|=|", "access,debug,error,fatal,info,none,trace"},
	{"--dir|=|b", "backends"},
	{"--dir| b", "backends"},
	{"--sslcert|=|b", "backend two.pem,backend.pem,backends"},
	{"--sslcert| backend.", "backend.pem"},
	{"--address|=|[|::|1]|:|9000| --logf", "--logformat="},
	{"--port|=|", ""},
	{"--port| ", ""},
	{"sh| -c| --logf", ""},
}

func TestBashCompletion(t *testing.T) {
	script := completion(t, "bash", "wsd")
	testFolder(t)
	if err := os.WriteFile("wsd-test-command", []byte("#!/bin/sh\n"), 0o777); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", os.Getenv("PATH")+":.")
	more := []struct{ line, want string }{
		{"wsd-test-c", "wsd-test-command"},
		{"--pty| wsd-test-c", "wsd-test-command"},
		{"-logf", "-logformat="},
		{"--ssl|=|", "false,true"},
		{"--logformat=j", "--logformat=json"}, // = parts no words where the user has it so
		{"--port=80| --logf", "--logformat="},
		{"--unixsocket|=|a|:|b", ""},
		{"sh| backend.", "backend.pem"},
	}
	for _, test := range append(slices.Clone(completions), more...) {
		words := []string{"wsd"}
		for word := range strings.SplitSeq(test.line, "|") {
			words = append(words, strings.TrimPrefix(word, " "))
		}
		// Bash itself makes no word of what is behind a last =.
		if n := len(words); words[n-1] == "" && words[n-2] == "=" {
			words = words[:n-1]
		}
		args := append([]string{"--norc", "--noprofile", "-c", `
			source "$0"
			COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
			compopt() { :; } # works in a real completion only
			_wsd
			((${#COMPREPLY[@]} == 0)) || printf '%s\n' "${COMPREPLY[@]}"`, script}, words...)
		wantLines(t, test.line, output(t, "bash", args...), test.want)
	}
}

func TestFishCompletion(t *testing.T) {
	script := completion(t, "fish", "wsd.fish")
	testFolder(t)
	t.Setenv("HOME", t.TempDir()) // fish writes there
	for _, test := range completions {
		line := "wsd " + strings.ReplaceAll(test.line, "|", "")
		out := output(t, "fish", "--no-config", "-c", "source $argv[1]; complete -C $argv[2]", script, line)
		var got []string
		for offered := range strings.Lines(out) {
			word, _, _ := strings.Cut(strings.TrimSpace(offered), "\t") // a description follows
			// Of --name=value fish offers the whole word.
			if _, value, ok := strings.Cut(word, "="); ok && value != "" {
				word = value
			}
			got = append(got, strings.TrimSuffix(strings.ReplaceAll(word, `\ `, " "), "/"))
		}
		want := test.want
		if strings.HasSuffix(want, "=") { // fish adds it only to a value
			want = strings.ReplaceAll(want, "=", "")
		}
		wantLines(t, test.line, strings.Join(got, "\n"), want)
	}
}

// TestZshCompletion types into a real zsh, as it completes only there.
func TestZshCompletion(t *testing.T) {
	script := completion(t, "zsh", "_wsd")
	testFolder(t)
	tests := []struct{ line, want string }{
		{"--logf", "--logformat="},
		{"--port=80 --logf", "--port=80 --logformat="},
		{"--logformat=j", "--logformat=json"},
		{"--logformat j", "--logformat json"},
		{"--dir=em", "--dir=empty/"},
		{"--sslcert=backend.", "--sslcert=backend.pem"},
		{"--pty sha256s", "--pty sha256sum"},
		{"sh --logf", "sh --logf"},
		{"diff --brie", "diff --brief"},
	}
	args := []string{"-f", "-c", typeToZsh, filepath.Dir(script)}
	for _, test := range tests {
		args = append(args, "wsd "+test.line)
	}
	lines := strings.Split(output(t, "zsh", args...), "\n")
	for i, test := range tests {
		if i >= len(lines) || strings.TrimSpace(lines[i]) != "wsd "+test.want {
			t.Fatalf("wsd %s: want %q, got the last of %q", test.line, test.want, lines[:min(i+1, len(lines))])
		}
	}
}

// typeToZsh runs a zsh in a terminal of its own, types each of the arguments and
// a tab to it, and prints what it has made of that. $0 is the folder of _wsd.
const typeToZsh = `
	zmodload zsh/zpty
	zpty inner zsh -f -i
	zpty -w inner "PS1= PS2=; stty -echo; fpath=(${(q)0} \$fpath); autoload -U compinit; compinit -u -D"
	zpty -w inner 'show() { zle -I; print -r -- "<$BUFFER>"; BUFFER= }; zle -N show; bindkey "^T" show; setopt no_list_beep'
	zpty -w inner 'print ready-$((1 + 1))'
	zpty -r -m inner seen '*ready-2*'
	for line; do
		zpty -w -n inner "$line"$'\t\x14'
		zpty -r -m inner seen '*<*>*'
		print -r -- "${${seen##*<}%%>*}"
	done
	zpty -d inner
`

// wantLines compares the lines of got, in any order, with want.
func wantLines(t *testing.T, line, got, want string) {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(got, "\n"), "\n")
	words := strings.Split(want, ",")
	slices.Sort(lines)
	slices.Sort(words)
	if !slices.Equal(lines, words) {
		t.Errorf("wsd %s: got %q, want %q", line, lines, words)
	}
}
