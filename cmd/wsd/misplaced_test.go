package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestMisplaced(t *testing.T) {
	for line, want := range map[string]string{
		"./greet.sh --port=8080":                           "wsd --port=8080 ./greet.sh?",
		"./greet.sh --port 8080":                           "wsd --port=8080 ./greet.sh?",
		"./greet.sh a --port 8080 --devconsole b":          "wsd --port=8080 --devconsole ./greet.sh …?",
		"--devconsole ./greet.sh --port=8080":              "wsd … --port=8080 ./greet.sh?",
		"--port=80 ./greet.sh --devconsole":                "wsd … --devconsole ./greet.sh?",
		"--port=80 ./greet.sh --header-ws=A:_b --pty=true": "wsd … --header-ws=A:_b --pty=true ./greet.sh?",
		"./greet.sh --staticdir=it's":                      `wsd '--staticdir=it'\''s' ./greet.sh?`,
		"./greet.sh --passenv":                             "wsd --passenv ./greet.sh?",

		"":                                     "",
		"--devconsole":                         "",
		"cat":                                  "",
		"cat --version":                        "",
		"mysql --ssl --user=me --binary":       "",
		"cat --help --dir=x --":                "",
		"cat -port=8080 -p 8080":               "",
		"cat port --ports --unknown --PORT=1":  "",
		"cat --address=::1 --h":                "",
		"--port=80 client --port=8080":         "",
		"-port 80 client --port=8080":          "",
		"--unixsocket=s client --port=8080":    "",
		"--address=::1 client --port=8080":     "",
		"-pty=false client --pty":              "",
		"-- ./greet.sh --port=8080":            "",
		"--devconsole -- cat --devconsole":     "",
		"./greet.sh -- --port=8080":            "",
		"sh -c exec_./greet.sh_--port=8080 sh": "",
	} {
		args := strings.Fields(line)
		f, err := parse(args)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		var b bytes.Buffer
		f.warnMisplaced(newLogger(&b, "access", "json"), args)
		got := strings.ReplaceAll(b.String(), `\\`, `\`) // as JSON has it
		if want == "" && got != "" || !strings.Contains(got, want) || want != "" && !strings.Contains(got, `"level":"WARN"`) {
			t.Errorf("%s: %s, want %s", line, got, want)
		}
	}
}

// Each of the flags that misplaced leaves to the command exists.
func TestCommonFlags(t *testing.T) {
	parser, err := newParser(new(flags))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range commonFlags {
		if find(parser.Model.Flags, name) == nil {
			t.Errorf("there is no --%s", name)
		}
	}
}
