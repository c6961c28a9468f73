// Package hint has errors with advice for the person who sees them.
package hint

import "errors"

// Error is an error with advice for the person who sees it. The command prints it
// as "wsd: error: …" with "wsd: hint: …" below.
type Error struct {
	Err  error
	Hint string // one sentence, without a full stop
}

func (e *Error) Error() string { return e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }

// Of returns the advice that comes with err, or "" when there is none.
func Of(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Hint
	}
	return ""
}
