//go:build !linux

package websocket

// Unsent is not known on this platform.
func (c *Conn) Unsent() int { return 0 }
