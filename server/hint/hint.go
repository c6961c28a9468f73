// Package hint provides errors with advice for the person who sees them.
package hint

import (
	"errors"
	"strings"
)

// Error is an error with advice for the person who sees it. The command prints it
// as "wsd: error: …" with "wsd: hint: …" below.
//
// In Text and Hint a name in braces is a field of the configuration, as in
// {MaxForks}; Named replaces it with the name that the reader knows. Both are
// fixed sentences: what a client, a file or a user has said belongs in Err.
type Error struct {
	Text string // what is wrong, or what Err is about; "" leaves it to Err
	Err  error  // nil where Text says it all
	Hint string // one sentence, without a full stop
}

// Error implements error. It names the fields without braces.
func (e *Error) Error() string {
	text := strings.NewReplacer("{", "", "}", "").Replace(e.Text)
	switch {
	case e.Err == nil:
		return text
	case text == "":
		return e.Err.Error()
	default:
		return text + ": " + e.Err.Error()
	}
}

func (e *Error) Unwrap() error { return e.Err }

// Named returns e with the fields replaced by what they are called elsewhere.
func (e *Error) Named(names *strings.Replacer) *Error {
	return &Error{names.Replace(e.Text), e.Err, names.Replace(e.Hint)}
}

// Of returns the advice that comes with err, or "" when there is none.
func Of(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Hint
	}
	return ""
}
