// Command wsbench measures WebSocket servers with a load generator of its own
// raw frames: one server that is already running, or several daemons that take
// websocketd's flags, against each other.
package main

import (
	"strings"

	"github.com/alecthomas/kong"

	"wsd/cmd/internal/command"
)

func main() { program().Main() }

func program() command.Program {
	return command.Program{
		Name:  "wsbench",
		About: about,
		Flags: &flags{},
		Vars:  kong.Vars{"scenarios": strings.Join(scenarioNames(), ", ")},
	}
}
