//go:build !linux

package websocket

import "net"

// FlowOf is not known on this platform.
func FlowOf(net.Conn) Flow { return Flow{} }

// Gone is not known on this platform.
func (c *Conn) Gone() bool { return false }
