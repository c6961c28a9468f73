package websocket

import "sync/atomic"

// Budget bounds the memory that unfinished messages take, on all connections
// together. Its methods may be called concurrently. The zero Budget has no limit.
type Budget struct {
	Limit int64 // bytes; 0: no limit; not changed while in use
	used  atomic.Int64
}

// take takes n bytes, and reports false when not that many are left. give gives
// them back.
func (b *Budget) take(n int64) bool {
	if b.used.Add(n) > b.Limit && b.Limit > 0 {
		b.used.Add(-n)
		return false
	}
	return true
}

func (b *Budget) give(n int64) { b.used.Add(-n) }

// Used is how many bytes are taken now.
func (b *Budget) Used() int64 { return b.used.Load() }
