package server

// HintError is an error with advice for the person who sees it. The command
// prints it as "wsd: error: …" with "wsd: hint: …" below.
type HintError struct {
	Err  error
	Hint string // one sentence, without a full stop
}

func (e *HintError) Error() string { return e.Err.Error() }
func (e *HintError) Unwrap() error { return e.Err }
