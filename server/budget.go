package server

import "sync/atomic"

// budget bounds the memory that messages in the making take, of all sessions
// together. Its methods may be called concurrently.
type budget struct {
	limit int64 // bytes; 0: no limit
	used  atomic.Int64
}

// take takes n bytes, and reports false when there are not so many. give gives
// them back.
func (b *budget) take(n int64) bool {
	if b.used.Add(n) > b.limit && b.limit > 0 {
		b.used.Add(-n)
		return false
	}
	return true
}

func (b *budget) give(n int64) { b.used.Add(-n) }
