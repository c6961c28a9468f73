package exec

import (
	"strings"
	"testing"
)

// added reports a variable that the platform gives to every process.
func added(variable string) bool { return strings.HasPrefix(variable, "SYSTEMROOT=") }

// trivial is a program that does nothing, and that quickly.
func trivial(testing.TB) *Command { return play("exit", "0") }
