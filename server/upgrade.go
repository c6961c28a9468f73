package server

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"

	library "github.com/coder/websocket"

	"wsd/server/proxy"
	"wsd/server/websocket"
)

// upgrade answers an opening handshake with 101 and takes the connection over. An
// error before the answer is the library's, for what checkHandshake lets pass; the
// client has its answer then.
func upgrade(w *response, r *http.Request) (*websocket.Conn, error) {
	var answer handshakeAnswer
	if _, err := library.Accept(&answer, r, &library.AcceptOptions{InsecureSkipVerify: true}); !answer.accepted {
		refuse(w, http.StatusBadRequest, "this is not a valid WebSocket handshake")
		return nil, err
	}
	for _, name := range []string{"Upgrade", "Connection", "Sec-WebSocket-Accept"} {
		w.Header()[name] = []string{answer.Header().Get(name)} // as RFC 6455 spells them: some clients compare exactly
	}
	w.WriteHeader(http.StatusSwitchingProtocols)
	nc, brw, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err != nil {
		return nil, fmt.Errorf("taking the connection over: %w", err)
	}
	// What the HTTP server has read already are the first messages of an eager
	// client; the reader of a PROXY header may have read on behind those.
	early, err := brw.Reader.Peek(brw.Reader.Buffered())
	if err != nil {
		nc.Close()
		return nil, fmt.Errorf("taking the connection over: %w", err)
	}
	if proxied, ok := nc.(*proxy.Conn); ok {
		var unread []byte
		nc, unread = proxied.Unwrap()
		early = slices.Concat(early, unread)
	}
	return websocket.NewConn(nc, early), nil
}

// handshakeAnswer is how the library answers a handshake (RFC 6455 4.2.2), noted
// and not sent. The library would go on with the connection, but frames are read
// and written by package websocket: it gets none.
type handshakeAnswer struct {
	header   http.Header
	accepted bool
}

var errOurs = errors.New("the connection is not the library's")

// Header implements http.ResponseWriter.
func (a *handshakeAnswer) Header() http.Header {
	if a.header == nil {
		a.header = make(http.Header)
	}
	return a.header
}

// WriteHeader implements http.ResponseWriter.
func (a *handshakeAnswer) WriteHeader(status int) {
	if status == http.StatusSwitchingProtocols {
		a.accepted = true
	}
}

// Write implements http.ResponseWriter.
func (a *handshakeAnswer) Write(b []byte) (int, error) { return len(b), nil }

// Hijack implements http.Hijacker, without which the library accepts nothing.
func (a *handshakeAnswer) Hijack() (net.Conn, *bufio.ReadWriter, error) { return nil, nil, errOurs }
