//go:build !unix

package servertest

import "os"

// stop ends a process: it can't be asked to here, and has no status to be proud of.
var stop = os.Kill

const canStop = false
