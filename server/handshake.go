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
// does so correctly is up to checkHandshake. HTTP/1.0 has no Upgrade (RFC 9110
// 7.8).
func isUpgrade(r *http.Request) bool {
	return r.ProtoAtLeast(1, 1) && hasToken(r.Header, "Upgrade", "websocket") && hasToken(r.Header, "Connection", "upgrade")
}

// hasToken reports whether a header that is a list contains token (RFC 9110 5.6.1).
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

// checkHandshake refuses what is not an opening handshake by RFC 6455 4.2.1, before
// anything is started for it. The websocket library makes the same checks later,
// but its errors quote the client's headers.
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
		// A body must not be taken for frames.
		no = &refusal{status: http.StatusBadRequest, text: "a WebSocket handshake must not have a body"}
	case len(versions) != 1 || versions[0] != "13": // RFC 6455 4.2.2, RFC 9110 15.5.22
		no = &refusal{
			http.StatusUpgradeRequired, "only version 13 of the WebSocket protocol is supported",
			map[string]string{"Sec-WebSocket-Version": "13", "Upgrade": "websocket", "Connection": "Upgrade"},
		}
	case len(keys) != 1 || !isNonce(keys[0]):
		no = &refusal{status: http.StatusBadRequest, text: "Sec-WebSocket-Key must be sent exactly once, with 16 bytes in base64"}
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

// badHandshake refuses a request that has passed checkHandshake and failed in
// upgrade, unless upgrade has answered it already.
func badHandshake(w *response) *refusal {
	if w.status != 0 {
		return nil
	}
	return &refusal{status: http.StatusBadRequest, text: "this is not a valid WebSocket handshake"}
}

// upgrade answers an opening handshake with 101 and takes the connection over.
func upgrade(w *response, r *httpRequest) (*websocket.Conn, error) {
	var answer handshakeAnswer
	if _, err := library.Accept(&answer, r.Request, &library.AcceptOptions{InsecureSkipVerify: true}); !answer.accepted {
		return nil, err
	}
	for _, name := range []string{"Upgrade", "Connection", "Sec-WebSocket-Accept"} {
		w.Header().Set(name, answer.Header().Get(name))
	}
	if r.subprotocol != "" {
		w.Header().Set("Sec-WebSocket-Protocol", r.subprotocol)
	}
	w.WriteHeader(http.StatusSwitchingProtocols)
	nc, brw, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err != nil {
		return nil, fmt.Errorf("taking the connection over: %w", err)
	}
	// What the HTTP server has already read are the first messages of an eager
	// client; the reader of a PROXY header may hold more that follow them.
	early, err := brw.Reader.Peek(brw.Reader.Buffered())
	if err != nil {
		nc.Close()
		return nil, fmt.Errorf("taking the connection over: %w", err)
	}
	nc = unwrapClear(nc)
	if proxied, ok := nc.(*proxy.Conn); ok {
		var unread []byte
		nc, unread = proxied.Unwrap()
		early = slices.Concat(early, unread)
	}
	return websocket.NewConn(nc, early), nil
}

// handshakeAnswer records the library's answer to a handshake (RFC 6455 4.2.2)
// instead of sending it. The library would then take over the connection, but
// package websocket reads and writes the frames, so Hijack refuses.
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

// Hijack implements http.Hijacker, which the library insists on.
func (a *handshakeAnswer) Hijack() (net.Conn, *bufio.ReadWriter, error) { return nil, nil, errOurs }
