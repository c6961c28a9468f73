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

// closeCode is a close code of RFC 6455 7.4.
type closeCode = websocket.StatusCode

// The codes that sessions end with, by what happened.
const (
	codeOK       = websocket.StatusNormalClosure
	codeShutdown = websocket.StatusGoingAway
	codeProtocol = websocket.StatusProtocolError
	codeOnlyText = websocket.StatusUnsupportedData
	codeNone     = websocket.StatusNoStatusRcvd    // never sent: a close frame without a code
	codeLost     = websocket.StatusAbnormalClosure // never sent: for the log
	codeNotUTF8  = websocket.StatusInvalidFramePayloadData
	codeTooBig   = websocket.StatusMessageTooBig
	codeBackend  = websocket.StatusInternalError
	codeNoRoom   = websocket.StatusTryAgainLater
)

// mayBeSent reports whether a close frame may carry code: one that is registered
// for that (RFC 6455 7.4.1 and IANA's registry), or one of the free ones above.
func mayBeSent(code closeCode) bool {
	switch code {
	case 1004, codeNone, codeLost:
		return false
	}
	return code >= 1000 && code <= 1014 || code >= 3000 && code <= 4999
}

// protocolError is a breach of RFC 6455 by the client, in words for the reason.
type protocolError string

func (e protocolError) Error() string { return string(e) }

func isProtocolError(err error) bool { return errors.As(err, new(protocolError)) }

var (
	errNotUTF8  = errors.New("text is not UTF-8")
	errTooBig   = errors.New("message is too big")
	errOnlyText = errors.New("only text messages are taken")
	errNoRoom   = errors.New("no memory for the message now (--maxbuffered)")
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

// idled and outlasted are the causes of a session that has reached IdleTimeout
// or MaxSession. The server goes away from that session, and the client may come
// back.
func idled() cause { return cause{code: codeShutdown, reason: "no messages for too long"} }
func outlasted() cause {
	return cause{code: codeShutdown, reason: "the session has lasted long enough"}
}

func silent() cause { return cause{code: codeLost, detail: "client answered no ping", drop: true} }

func unwritable() cause {
	return cause{code: codeLost, detail: "client takes no more", drop: true}
}

// received is the cause of a session whose receiving side ended with err.
func received(err error) cause {
	var closed closedError
	switch {
	case errors.As(err, &closed):
		return cause{code: closed.code, reason: closed.reason, detail: "client closed"}
	case errors.Is(err, errNotUTF8):
		return cause{code: codeNotUTF8, reason: err.Error()}
	case errors.Is(err, errTooBig):
		return cause{code: codeTooBig, reason: err.Error()}
	case errors.Is(err, errNoRoom):
		return cause{code: codeNoRoom, reason: "no memory for the message now", detail: err.Error()}
	case errors.Is(err, errOnlyText):
		return cause{code: codeOnlyText, reason: err.Error()}
	case isProtocolError(err):
		return cause{code: codeProtocol, reason: err.Error()}
	default:
		return cause{code: codeLost, detail: "connection lost: " + err.Error(), drop: true}
	}
}

// endsConnection reports whether after err nothing more can be read: the client
// has closed, or the connection is lost, or the time is up.
func endsConnection(err error) bool {
	return !isProtocolError(err) && err != errNotUTF8 && err != errTooBig && err != errOnlyText && err != errNoRoom
}
