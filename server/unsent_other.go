//go:build !linux

package server

import "net"

// unsent is not known on this platform.
func unsent(net.Conn) int { return 0 }
