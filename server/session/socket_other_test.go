//go:build !unix

package session

import "net"

// full can't be found out here.
func full(net.Conn) bool { return true }
