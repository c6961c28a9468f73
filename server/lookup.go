package server

import (
	"context"
	"net"
	"time"
)

// lookupTimeout bounds a reverse look-up: a slow name server must not keep
// clients waiting.
const lookupTimeout = 2 * time.Second

// lookupRemote returns the client's name from reverse DNS (--reverselookup), or
// "" when there is none or look-ups are off.
func (s *Server) lookupRemote(r *httpRequest) string {
	host := r.client.addrText()
	if !s.cfg.ReverseLookup || host == "" {
		return ""
	}
	ctx, cancel := context.WithTimeout(r.Context(), lookupTimeout)
	defer cancel()
	names, err := net.DefaultResolver.LookupAddr(ctx, host)
	if err != nil || len(names) == 0 {
		s.log.Debug("reverse look-up", "addr", host, "err", err)
		return ""
	}
	return names[0]
}
