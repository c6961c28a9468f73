package server

import (
	"net/http"
	"slices"
	"strings"
)

// chooseSubprotocol returns the subprotocol that answers an opening handshake with
// this header, or "" for none (RFC 6455 4.2.2). Browsers fail the connection when they
// have offered some and the answer names none.
func (s *Server) chooseSubprotocol(h http.Header) string {
	offered := offeredSubprotocols(h)
	if len(s.cfg.Subprotocols) == 0 && len(offered) > 0 {
		return offered[0] // the one that the client likes best
	}
	for _, name := range s.cfg.Subprotocols {
		if slices.Contains(offered, name) {
			return name
		}
	}
	return ""
}

// offeredSubprotocols returns the subprotocols that a client offers, in its order of
// preference. There are none if any of them is not a token (RFC 6455 4.1).
func offeredSubprotocols(h http.Header) []string {
	var offered []string
	for _, line := range h.Values("Sec-WebSocket-Protocol") {
		for item := range strings.SplitSeq(line, ",") {
			item = strings.Trim(item, " \t")
			switch {
			case IsToken(item):
				offered = append(offered, item)
			case item != "": // RFC 9110 5.6.1.2 lets a list have empty elements
				return nil
			}
		}
	}
	return offered
}

// IsToken reports whether s is a token (RFC 9110 5.6.2), as names of headers and of
// subprotocols are.
func IsToken(s string) bool {
	for _, r := range s {
		if r <= ' ' || r >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r) {
			return false
		}
	}
	return s != ""
}
