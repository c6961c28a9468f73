package server

import (
	"log/slog"
	"net/http"
	"slices"
	"strings"
)

// plainHeaders are the headers whose values the debug log shows. Any other may
// let someone in: Authorization and Cookie, Sec-WebSocket-Protocol, in which pages
// send tokens since they can't set headers, Referer with its query, X-Api-Key.
var plainHeaders = []string{
	"Accept", "Accept-Encoding", "Accept-Language", "Cache-Control", "Connection", "Content-Length", "Content-Type",
	"Forwarded", "Origin", "Pragma", "Sec-Fetch-Dest", "Sec-Fetch-Mode", "Sec-Fetch-Site", "Sec-Websocket-Extensions",
	"Sec-Websocket-Version", "Upgrade", "User-Agent", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Port",
	"X-Forwarded-Proto",
}

// headerAttr is a request's header for the debug log: all names, and the values
// of plainHeaders.
func headerAttr(h http.Header) slog.Value {
	var attrs []slog.Attr
	for name, values := range h {
		text := "(not logged)"
		if slices.Contains(plainHeaders, name) {
			text = strings.Join(values, ", ")
		}
		attrs = append(attrs, slog.String(name, text))
	}
	return slog.GroupValue(attrs...)
}
