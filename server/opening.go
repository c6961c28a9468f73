package server

import (
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
)

// checkHandshake refuses what is no opening handshake of RFC 6455 4.2.1, before
// anything is started for it. The websocket library checks the same later, in
// words that quote the client's headers. It answers a request that it refuses,
// and reports false.
func (s *Server) checkHandshake(w *response, r *httpRequest) bool {
	status, err := checkOpening(r.Request)
	if err == nil {
		return true
	}
	h := w.Header()
	switch {
	case status == http.StatusMethodNotAllowed:
		h.Set("Allow", http.MethodGet)
	case errors.Is(err, errBody):
		// What belongs to the request must not be taken for frames; nor is it waited for.
		h.Set("Connection", "close")
	case status == http.StatusUpgradeRequired: // RFC 6455 4.2.2, RFC 9110 15.5.22
		h.Set("Sec-WebSocket-Version", "13")
		h.Set("Upgrade", "websocket")
		h.Set("Connection", "Upgrade")
	}
	s.log.Debug("bad handshake", append(r.client.Attrs(), "err", err)...)
	refuse(w, status, err.Error())
	return false
}

var errBody = errors.New("a WebSocket is asked for without a body")

// checkOpening says what is wrong with a request for which isUpgrade is true, and
// the status for that.
func checkOpening(r *http.Request) (status int, err error) {
	versions, keys := r.Header.Values("Sec-WebSocket-Version"), r.Header.Values("Sec-WebSocket-Key")
	switch {
	case r.Method != http.MethodGet:
		return http.StatusMethodNotAllowed, errors.New("a WebSocket is asked for with GET")
	case r.ContentLength != 0:
		return http.StatusBadRequest, errBody
	case len(versions) != 1 || versions[0] != "13":
		return http.StatusUpgradeRequired, errors.New("only version 13 of the WebSocket protocol is spoken here")
	case len(keys) != 1 || !isNonce(keys[0]):
		return http.StatusBadRequest, errors.New("Sec-WebSocket-Key is not 16 bytes in base64, once")
	}
	return 0, nil
}

// isNonce reports whether key is what RFC 6455 4.1 asks a client to send.
func isNonce(key string) bool {
	nonce, err := base64.StdEncoding.DecodeString(strings.TrimSpace(key))
	return err == nil && len(nonce) == 16
}
