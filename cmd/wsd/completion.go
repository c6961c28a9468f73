package main

import (
	"io"
	"strings"
)

// writeCompletion writes the completion script for a shell, one of the values of
// --completion.
func writeCompletion(w io.Writer, shell string) error { return writePage(w, "completion."+shell) }

// summary is the beginning of a flag's help, short enough for a menu.
func summary(help string) string {
	for _, end := range []string{"; ", ". ", " (default", ", repeatable"} {
		help, _, _ = strings.Cut(help, end)
	}
	return strings.TrimSuffix(help, ".")
}

// zshText escapes text for a specification that _arguments reads.
func zshText(text string) string {
	return strings.NewReplacer(`\`, `\\`, `[`, `\[`, `]`, `\]`, `:`, `\:`).Replace(text)
}

// quote puts a word in single quotes, which zsh and fish read alike: everything
// in them stands for itself, except that fish reads \\ and \' as one character.
func quote(word string) string {
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
