package main

import (
	"path/filepath"
	"slices"
	"testing"
)

func TestSplitWords(t *testing.T) {
	for _, test := range []struct {
		text string
		want []string
		open bool
	}{
		{"", nil, false},
		{" \t\r\n", nil, false},
		{"check", []string{"check"}, false},
		{"  check   --db=x \t-v\n", []string{"check", "--db=x", "-v"}, false},
		{"'a b' \"c d\"", []string{"a b", "c d"}, false},
		{"a'b c'd\"e f\"g", []string{"ab cde fg"}, false},
		{`'"' "'"`, []string{`"`, `'`}, false},
		{`'' "" x`, []string{"", "", "x"}, false},
		{`a\ b 'c\'d "e\"`, []string{`a\`, "b", `c\d`, `e\`}, false},
		{`C:\auth\check.exe C:\db`, []string{`C:\auth\check.exe`, `C:\db`}, false},
		{"$HOME `x` *.py ~ ; # & |", []string{"$HOME", "`x`", "*.py", "~", ";", "#", "&", "|"}, false},
		{"zoë \xff", []string{"zoë", "\xff"}, false},
		{"a 'b c", []string{"a", "b c"}, true},
		{`it's`, []string{"its"}, true},
		{`a "`, []string{"a", ""}, true},
	} {
		words, closed := splitWords(test.text)
		if !slices.Equal(words, test.want) || closed == test.open {
			t.Errorf("%q: %q, closed: %v, want %q", test.text, words, closed, test.want)
		}
	}
}

func TestGuardFlags(t *testing.T) {
	command := self(t)
	cfg, err := configure([]string{"--htpasswd=users", "--authcmd='" + command + "' -x \"y z\"", command}, nil)
	if err != nil || cfg.PasswordFile != "users" || !slices.Equal(cfg.AuthCommand, []string{command, "-x", "y z"}) {
		t.Errorf("%q, %q, %v", cfg.PasswordFile, cfg.AuthCommand, err)
	}
	t.Chdir(filepath.Dir(command))
	relative := "." + string(filepath.Separator) + filepath.Base(command)
	cfg, err = configure([]string{"--authcmd", relative, "--dir=."}, nil)
	if err != nil || !slices.Equal(cfg.AuthCommand, []string{relative}) {
		t.Errorf("%q, %v", cfg.AuthCommand, err)
	}
}

func TestGuardErrors(t *testing.T) {
	command := self(t)
	for _, test := range []struct {
		args      []string
		status    int
		err, hint string
	}{
		{[]string{"--authcmd= ", command}, 64, "--authcmd=  names no program", "leave --authcmd out to ask no program"},
		{[]string{"--authcmd='' x", command}, 64, "--authcmd='' x names no program", "leave --authcmd out to ask no program"},
		{[]string{"--authcmd=it's", command}, 64, "--authcmd=it's has an open quote", `close it; there is no escape character, but ' may stand in "…" and " in '…'`},
		{[]string{"--authcmd=x", "--staticdir=."}, 64, "--authcmd guards WebSockets, and there are none", "add a COMMAND or --dir; --htpasswd guards files and CGI programs, too"},
		{[]string{"--authcmd=it's", "wsd-no-such-command"}, 64, "--authcmd=it's has an open quote", `close it; there is no escape character, but ' may stand in "…" and " in '…'`},
		{[]string{"--authcmd=wsd-no-such-program -x", command}, 1, `--authcmd: no command "wsd-no-such-program" in PATH`, "is it installed, and its folder in PATH?"},
		{[]string{"--authcmd='wsd-no-such-program -x'", command}, 1, `--authcmd: no command "wsd-no-such-program -x" in PATH`, "quotes make one word of what is in them: leave the arguments out of the quotes around the program"},
	} {
		_, err := configure(test.args, nil)
		checkError(t, test.args, err, test.status, test.err, test.hint)
	}
}
