package line

// Error is an error for the client, sent as {"type":"error","code":…,
// "message":…}. Code is one of the words in the table of README.md, for
// programs; Message is for people and may change.
type Error struct {
	Code    string
	Message string
	Agent   string // the agent that could not be joined, if it is about one
}

func (e *Error) Error() string { return e.Message }

// Line is the line that tells the client.
func (e *Error) Line() any {
	return struct {
		Type    string `json:"type"`
		Code    string `json:"code"`
		Message string `json:"message"`
		Agent   string `json:"agent,omitempty"`
	}{"error", e.Code, e.Message, e.Agent}
}

// BadRequest is the Error for a line that is not valid.
func BadRequest(message string) *Error { return &Error{Code: "bad-request", Message: message} }
