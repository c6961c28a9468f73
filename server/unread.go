package server

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"

	"wsd/server/proxy"
)

// unread tells the log of requests that no handler sees, since net/http refuses
// them without a word: a header larger than MaxHeaderBytes, which it answers 431,
// and what is no request at all. It watches for connections that end between a
// request's first byte and its handler.
type unread struct {
	log   *slog.Logger
	conns sync.Map // net.Conn -> *atomic.Bool: a request has begun and has reached no handler
}

type unreadKey struct{}

// context is a http.Server's ConnContext.
func (u *unread) context(ctx context.Context, c net.Conn) context.Context {
	begun := new(atomic.Bool)
	u.conns.Store(c, begun)
	return context.WithValue(ctx, unreadKey{}, begun)
}

// state is a http.Server's ConnState.
func (u *unread) state(c net.Conn, state http.ConnState) {
	switch state {
	case http.StateActive: // what has come is a request, or isn't
		if begun, ok := u.conns.Load(c); ok {
			begun.(*atomic.Bool).Store(true)
		}
	case http.StateHijacked:
		u.conns.Delete(c)
	case http.StateClosed:
		if begun, ok := u.conns.LoadAndDelete(c); ok && begun.(*atomic.Bool).Load() {
			u.log.Info("a request was too large (--maxheaderbytes), malformed or cut off", "remote", proxy.Peer(c.RemoteAddr()).String())
		}
	}
}

// handler marks requests as seen on their way to h.
func (u *unread) handler(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if begun, ok := r.Context().Value(unreadKey{}).(*atomic.Bool); ok {
			begun.Store(false)
		}
		h.ServeHTTP(w, r)
	})
}
