//go:build !unix

package servertest

import "os"

// stop ends a process: here it can't be asked to, and its status says nothing.
var stop = os.Kill

const (
	canStop = false
	exe     = ".exe" // that a program's name ends with
)
