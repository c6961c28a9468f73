package server

import (
	"context"
	"errors"
	"net"
	"net/http"

	"wsd/server/proxy"
)

var errLeft = errors.New("the client has left")

type socketKey struct{}

// connContext is a http.Server's ConnContext: it lets a handler find the PROXY
// header of the connection, and its socket.
func connContext(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(proxy.ConnContext(ctx, unwrapClear(c)), socketKey{}, socket(c))
}

// whileThere returns a context that is done when r's is, or with errLeft when the
// client leaves after it has sent something behind the request: net/http reads one
// byte of that, and then no further. The function ends that, and is called before the
// handler returns or takes the connection over.
func whileThere(r *http.Request) (ctx context.Context, end func()) {
	ctx, cancel := context.WithCancelCause(r.Context())
	ended := make(chan struct{})
	go func() { // ends when ctx is done; waited for by end
		defer close(ended)
		if awaitLeft(ctx, r) == nil {
			cancel(errLeft)
		}
	}()
	return ctx, func() {
		cancel(nil)
		<-ended
	}
}
