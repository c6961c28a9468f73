package exec

import (
	"fmt"
	"regexp"
	"strings"
)

// ScriptError says what is wrong with the first line of a script.
type ScriptError struct {
	Problem string // says something about "it", the script
	Remedy  string // what to do about it
	Err     error  // what the kernel says, or would say, when it starts the script
}

// Error implements error.
func (e *ScriptError) Error() string { return fmt.Sprintf("%s (%s)", e.Problem, e.Remedy) }

// Unwrap returns e.Err.
func (e *ScriptError) Unwrap() error { return e.Err }

var plainWord = regexp.MustCompile(`^[\w@%+=:,./-]+$`)

// Quoted is a word as a person types it to a POSIX shell: in quotes where it needs
// them.
func Quoted(word string) string {
	if plainWord.MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
