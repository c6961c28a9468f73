//go:build !unix

package servertest

import "os"

// stop kills a process: here none can be asked to end, and the status says
// nothing.
var stop = os.Kill

const (
	canStop = false
	exe     = ".exe" // the end of a program's file name
)
