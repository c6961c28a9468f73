package main

import (
	"encoding/json"
	"os"
	"time"
	"unicode/utf8"
)

// maxEcho bounds the text that is sent back, in bytes.
const maxEcho = 1 << 10

// question is what a page asks.
type question struct {
	ID   int64  `json:"id"` // chosen by the page; the answer has the same
	Ask  string `json:"ask"`
	Text string `json:"text"`
}

// reply answers a question, with the answer or with an error.
type reply struct {
	ID     int64  `json:"id"`
	Answer string `json:"answer,omitempty"`
	Error  string `json:"error,omitempty"`
}

// answer answers a question, which anybody may have sent: the set is fixed, and
// nothing in the text is run, opened or looked up.
func answer(data []byte) reply {
	var q question
	if json.Unmarshal(data, &q) != nil {
		return reply{Error: "a question is an object with id, ask and text"}
	}
	text, fault := about(q)
	return reply{ID: q.ID, Answer: text, Error: fault}
}

func about(q question) (text, fault string) {
	switch q.Ask {
	case "hostname":
		if name, err := os.Hostname(); err == nil {
			return name, ""
		}
		return "", "this machine's name is unknown"
	case "uptime":
		if up, ok := uptime(); ok {
			return up.Truncate(time.Second).String(), ""
		}
		return "", "this machine's uptime is unknown"
	case "echo":
		if q.Text == "" || len(q.Text) > maxEcho || !utf8.ValidString(q.Text) {
			return "", "the text to echo must have 1 to 1024 bytes"
		}
		return q.Text, ""
	}
	return "", "ask for hostname, uptime or echo"
}
