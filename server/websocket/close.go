package websocket

import (
	"encoding/binary"
	"unicode/utf8"
)

// Code is a close code of RFC 6455 7.4.
type Code int

// The codes of RFC 6455 7.4.1 and of IANA's registry that are used here.
const (
	CodeOK              Code = 1000
	CodeGoingAway       Code = 1001
	CodeProtocolError   Code = 1002
	CodeUnsupportedData Code = 1003
	CodeNone            Code = 1005 // never sent: a close frame without a code
	CodeLost            Code = 1006 // never sent: a connection that ended without a close frame
	CodeInvalidData     Code = 1007
	CodeTooBig          Code = 1009
	CodeInternalError   Code = 1011
	CodeTryAgainLater   Code = 1013
)

// mayBeSent reports whether a close frame may carry code: either a registered
// one, or one of those left to libraries and applications.
func (code Code) mayBeSent() bool {
	switch code {
	case 1004, CodeNone, CodeLost:
		return false
	}
	return code >= 1000 && code <= 1014 || code >= 3000 && code <= 4999
}

// Error says why something that the peer has sent can't be accepted. Its code and
// reason go into the close frame.
type Error struct {
	Code   Code
	Reason string
	Detail string // what only the log says; may be empty
}

// Error implements error.
func (e *Error) Error() string { return e.Reason }

// protocolError is a breach of RFC 6455 by the peer.
func protocolError(reason string) *Error { return &Error{Code: CodeProtocolError, Reason: reason} }

// The errors that are about messages rather than frames.
var (
	ErrNotUTF8  = &Error{Code: CodeInvalidData, Reason: "text is not UTF-8"}
	ErrTooBig   = &Error{Code: CodeTooBig, Reason: "message is too big"}
	ErrOnlyText = &Error{Code: CodeUnsupportedData, Reason: "only text messages are taken"}
	ErrNoRoom   = &Error{
		Code: CodeTryAgainLater, Reason: "no memory for the message now",
		Detail: "no memory for the message now ({MaxBuffered})",
	}
)

// Closed is the end of a connection by the peer's close frame, as an error. Its
// code is CodeNone for a frame without one.
type Closed struct {
	Code   Code
	Reason string
}

// Error implements error.
func (e *Closed) Error() string { return "client closed" }

// parseClosePayload returns what the payload of a close frame says: a *Closed
// when it is valid (RFC 6455 5.5.1, 7.4), and an *Error otherwise.
func parseClosePayload(p []byte) error {
	if len(p) == 0 {
		return &Closed{Code: CodeNone}
	}
	if len(p) < 2 {
		return protocolError("bad close frame")
	}
	code, reason := Code(binary.BigEndian.Uint16(p)), p[2:]
	if !code.mayBeSent() {
		return protocolError("bad close code")
	}
	if !utf8.Valid(reason) {
		return ErrNotUTF8
	}
	return &Closed{code, string(reason)}
}

// closeFrame makes a server's close frame; a reason that is too long is cut
// between two characters.
func closeFrame(code Code, reason string) []byte {
	for len(reason) > MaxControlPayload-2 {
		_, size := utf8.DecodeLastRuneInString(reason)
		reason = reason[:len(reason)-size]
	}
	return append(binary.BigEndian.AppendUint16([]byte{FinBit | OpClose, byte(2 + len(reason))}, uint16(code)), reason...)
}
