package server

import (
	"flag"
	"testing"

	"wsd/exec/exectest"
	"wsd/server/servertest"
)

// Tests wait for each other's processes more than they compute, so that more of
// them run at once than there are processors; go test -parallel has its way.
func TestMain(m *testing.M) {
	flag.Set("test.parallel", "8")
	exectest.Main(m, servertest.Backends)
}
