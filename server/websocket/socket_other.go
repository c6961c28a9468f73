//go:build !linux

package websocket

// flow is not known on this platform.
func (c *Conn) flow() Flow { return Flow{} }

// Gone is not known on this platform.
func (c *Conn) Gone() bool { return false }
