package session

import (
	"syscall"

	"wsd/exec"
	"wsd/server/websocket"
)

// cause is why a session ended. The first one reported is kept.
type cause struct {
	code   websocket.Code
	reason string // what the close frame says
	detail string // what only the log says
	// drop ends the connection without a close frame: nobody would read it.
	drop bool
}

// exited is the cause of a session whose backend has ended.
func exited(status exec.Status) cause {
	if status.OK() {
		return cause{code: websocket.CodeOK}
	}
	return cause{code: websocket.CodeInternalError, reason: status.String()}
}

// terminated reports whether SIGTERM has ended a process, or it says so by its status, as
// shells, Java and Node do.
func terminated(status exec.Status) bool {
	return status.Signal == "SIGTERM" || status.Code == 128+int(syscall.SIGTERM)
}

// cannotStart is the cause of a session whose backend could not be started. The
// client is told no more than that: the error names files.
func cannotStart(err error) cause {
	return cause{code: websocket.CodeInternalError, reason: "cannot start", detail: err.Error()}
}

func shutdown() cause {
	return cause{code: websocket.CodeGoingAway, reason: "server is shutting down"}
}

// idled and outlasted are the causes of a session that has reached IdleTimeout or
// MaxSession. Their code is the one for a server that goes away: the client may
// connect again.
func idled() cause {
	return cause{code: websocket.CodeGoingAway, reason: "no messages for too long"}
}

func outlasted() cause {
	return cause{code: websocket.CodeGoingAway, reason: "the session has lasted long enough"}
}

// silent is the cause of a session whose client has shown no sign of life. gone says
// that nothing could reach it any more.
func silent(gone bool) cause {
	detail := "client answered no ping"
	if gone {
		detail = "client takes no more"
	}
	return cause{code: websocket.CodeLost, detail: detail, drop: true}
}

// received is the cause of a session whose receiving side ended with err.
func received(err error) cause {
	switch err := err.(type) {
	case *websocket.Closed:
		return cause{code: err.Code, reason: err.Reason, detail: "client closed"}
	case *websocket.Error:
		return cause{code: err.Code, reason: err.Reason, detail: err.Detail}
	default:
		return cause{code: websocket.CodeLost, detail: "connection lost: " + err.Error(), drop: true}
	}
}
