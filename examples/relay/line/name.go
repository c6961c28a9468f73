package line

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxName is the length of the longest name, in characters.
const maxName = 32

// CheckName checks the name of an agent or a visitor. Others see it, so it must be
// short, without anything invisible such as control characters or marks that change
// the direction of writing. The error is an *Error.
func CheckName(name string) error {
	switch {
	case name == "":
		return BadRequest("the name is empty")
	case utf8.RuneCountInString(name) > maxName:
		return BadRequest("the name is longer than 32 characters")
	case strings.TrimSpace(name) != name:
		return BadRequest("the name begins or ends with a space")
	case strings.ContainsFunc(name, func(c rune) bool { return !unicode.IsPrint(c) || c == utf8.RuneError }):
		return BadRequest("the name has an unprintable character")
	}
	return nil
}
