package server

import (
	"bufio"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"

	library "github.com/coder/websocket"

	"wsd/server/proxy"
	"wsd/server/websocket"
)

// isUpgrade reports whether r asks for a WebSocket (RFC 6455 4.2.1). Whether it
// asks for it correctly is checked by checkHandshake. In HTTP/1.0 there is no
// Upgrade (RFC 9110 7.8).
func isUpgrade(r *http.Request) bool {
	return r.ProtoAtLeast(1, 1) && hasToken(r.Header, "Upgrade", "websocket") && hasToken(r.Header, "Connection", "upgrade")
}

// hasToken reports whether a header that is a list holds token (RFC 9110 5.6.1).
func hasToken(h http.Header, name, token string) bool {
	for _, value := range h.Values(name) {
		for item := range strings.SplitSeq(value, ",") {
			if strings.EqualFold(strings.TrimSpace(item), token) {
				return true
			}
		}
	}
	return false
}

// checkHandshake refuses what is no opening handshake of RFC 6455 4.2.1, before
// anything is started for it. The websocket library checks the same later, in
// words that quote the client's headers.
func (s *Server) checkHandshake(r *httpRequest) *refusal {
	versions, keys := r.Header.Values("Sec-WebSocket-Version"), r.Header.Values("Sec-WebSocket-Key")
	var no *refusal
	switch {
	case r.Method != http.MethodGet:
		no = &refusal{
			http.StatusMethodNotAllowed, "a WebSocket handshake must use GET",
			map[string]string{"Allow": http.MethodGet},
		}
	case r.ContentLength != 0:
		// What belongs to the request must not be taken for frames; nor is it waited for.
		no = &refusal{
			http.StatusBadRequest, "a WebSocket handshake must not have a body",
			map[string]string{"Connection": "close"},
		}
	case len(versions) != 1 || versions[0] != "13": // RFC 6455 4.2.2, RFC 9110 15.5.22
		no = &refusal{
			http.StatusUpgradeRequired, "only version 13 of the WebSocket protocol is supported",
			map[string]string{"Sec-WebSocket-Version": "13", "Upgrade": "websocket", "Connection": "Upgrade"},
		}
	case len(keys) != 1 || !isNonce(keys[0]):
		no = &refusal{status: http.StatusBadRequest, text: "Sec-WebSocket-Key must be there once, with 16 bytes in base64"}
	default:
		return nil
	}
	s.log.Debug("bad handshake", append(r.client.Attrs(), "err", no.text)...)
	return no
}

// isNonce reports whether key is what RFC 6455 4.1 asks a client to send.
func isNonce(key string) bool {
	nonce, err := base64.StdEncoding.DecodeString(strings.TrimSpace(key))
	return err == nil && len(nonce) == 16
}

// badHandshake refuses what has passed checkHandshake and failed in upgrade, unless
// that has answered already.
func badHandshake(w *response) *refusal {
	if w.status != 0 {
		return nil
	}
	return &refusal{status: http.StatusBadRequest, text: "this is not a valid WebSocket handshake"}
}

// upgrade answers an opening handshake with 101 and takes the connection over.
func upgrade(w *response, r *http.Request) (*websocket.Conn, error) {
	var answer handshakeAnswer
	if _, err := library.Accept(&answer, r, &library.AcceptOptions{InsecureSkipVerify: true}); !answer.accepted {
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
