package server

import (
	"errors"

	"github.com/coder/websocket"

	"wsd/exec"
)

// cause is why a session ended. The first one that is reported stays.
type cause struct {
	code   closeCode
	reason string // what the close frame says; at most maxReason bytes of it
	// detail is what only the log says.
	detail string
	// drop ends the connection without a close frame: nobody would read it.
	drop bool
}

// The codes of RFC 6455 7.4.1 that sessions end with, by what happened.
const (
	codeOK       = websocket.StatusNormalClosure
	codeShutdown = websocket.StatusGoingAway
	codeProtocol = websocket.StatusProtocolError
	codeOnlyText = websocket.StatusUnsupportedData
	codeLost     = websocket.StatusAbnormalClosure // never sent: for the log
	codeNotUTF8  = websocket.StatusInvalidFramePayloadData
	codeTooBig   = websocket.StatusMessageTooBig
	codeBackend  = websocket.StatusInternalError
)

var (
	errNotUTF8  = errors.New("text message is not UTF-8")
	errTooBig   = errors.New("message is too big")
	errOnlyText = errors.New("only text messages are taken")
)

// exited is the cause of a session whose backend has ended.
func exited(status exec.Status) cause {
	if status.OK() {
		return cause{code: codeOK}
	}
	return cause{code: codeBackend, reason: status.String()}
}

// cannotStart is the cause of a session whose backend could not be started. The
// client is told no more than that: the error names files.
func cannotStart(err error) cause {
	return cause{code: codeBackend, reason: "cannot start", detail: err.Error()}
}

func shutdown() cause { return cause{code: codeShutdown, reason: "server is shutting down"} }

func silent() cause { return cause{code: codeLost, detail: "client answered no ping", drop: true} }

func notWritable(err error) cause {
	return cause{code: codeLost, detail: "writing to the client: " + err.Error(), drop: true}
}

// received is the cause of a session whose receiving side ended with err.
func received(err error) cause {
	var closed websocket.CloseError
	switch {
	case errors.As(err, &closed):
		return cause{code: closed.Code, reason: closed.Reason, detail: "client closed"}
	case errors.Is(err, errNotUTF8):
		return cause{code: codeNotUTF8, reason: err.Error()}
	case errors.Is(err, errTooBig):
		return cause{code: codeTooBig, reason: err.Error()}
	case errors.Is(err, errOnlyText):
		return cause{code: codeOnlyText, reason: err.Error()}
	case isLost(err):
		return cause{code: codeLost, detail: "connection lost: " + err.Error()}
	default:
		return cause{code: codeProtocol, reason: "protocol error", detail: err.Error()}
	}
}
