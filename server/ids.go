package server

import (
	"strconv"
	"sync/atomic"
	"time"
)

// sessionIDs makes the ids of sessions and CGI requests: short, unique across
// restarts, and the same in the log as in a backend's UNIQUE_ID.
type sessionIDs struct {
	prefix string
	last   *atomic.Uint64
}

func newSessionIDs(start time.Time) sessionIDs {
	return sessionIDs{prefix: strconv.FormatInt(start.UnixMilli(), 36) + "-", last: new(atomic.Uint64)}
}

func (i sessionIDs) next() string {
	return i.prefix + strconv.FormatUint(i.last.Add(1), 10)
}
