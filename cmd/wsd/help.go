package main

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

const (
	helpWidth  = 80 // columns; the narrowest terminal in use
	helpColumn = 25 // where the flags' texts begin
)

const helpHead = `Usage: wsd [flags] COMMAND [ARG…]
       wsd [flags] --dir=DIR

A WebSocket server for any program that reads stdin and writes stdout. Each
WebSocket gets a process of its own: a text message is a line on its stdin, and
a line on its stdout is a text message.

Examples:
  wsd --port=8080 ./backend                 serve a program
  wsd --port=8080 --devconsole ./backend    and try it at http://localhost:8080/
  wsd --port=8443 --ssl ./backend           with TLS
  wsd --port=8080 --dir=backends            serve each program in a folder
  printf 'a\nb\n' | ./backend               test the same program with a pipe
`

const helpTail = `
Flags come before COMMAND; everything after it belongs to the program. One
dash is enough, and a value may be the next word: -port 8080. --ssl=false
turns a switch off.

SIGTERM or SIGINT closes every session and ends wsd, a second one ends it at
once; SIGHUP reads the certificates and passwords again.
`

// writeHelp writes the flags, in their groups and in the order of the struct,
// between the usage and the remarks. It is equally wide on any terminal.
func writeHelp(w io.Writer) error {
	parser, err := newParser(new(flags))
	if err != nil {
		return err
	}
	var b strings.Builder
	b.WriteString(helpHead)
	group := ""
	for _, flag := range parser.Model.Flags {
		if flag.Group.Title != group {
			group = flag.Group.Title
			fmt.Fprintf(&b, "\n%s:\n", group)
		}
		name := flag.String()
		for _, line := range wrap(flag.Help, helpWidth-helpColumn) {
			fmt.Fprintf(&b, "  %-*s%s\n", helpColumn-2, name, line)
			name = ""
		}
	}
	b.WriteString(helpTail)
	_, err = io.WriteString(w, b.String())
	return err
}

// wrap breaks text between words into lines of at most width columns, unless a
// word is longer.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && utf8.RuneCountInString(line+" "+word) > width {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}
