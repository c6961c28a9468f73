// Command wsbench measures how fast WebSocket servers are: one that is running
// already, or several daemons that understand websocketd's flags.
package main

import (
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"wsd/cmd/internal/command"
)

const about = `Measures how fast WebSocket servers are.

"wsbench URL" measures a running server, which must echo each message. "wsbench compare" starts several daemons that understand
websocketd's flags and measures them in turn. Both print Go's benchmark format, which "benchstat -col daemon" turns into tables.`

// flags is the whole command line.
type flags struct {
	Measure measureFlags `cmd:"" default:"withargs" help:"Measure a server that echoes each message: round trips, messages and connections a second. \"wsbench URL\" is short for this."`
	Compare compareFlags `cmd:"" help:"Compare daemons that understand websocketd's flags."`
	Backend backendFlags `cmd:"" help:"Act as a backend of a comparison."`
}

type measureFlags struct {
	URL      string        `arg:"" help:"The server's address: ws://… or wss://…"`
	Insecure bool          `short:"k" help:"Accept any certificate, even a self-signed one."`
	Size     int           `default:"64" help:"Bytes in a message."`
	Duration time.Duration `default:"3s" help:"Roughly how long each of the three measurements takes."`
	Timeout  time.Duration `default:"30s" help:"Give up a measurement after this long."`
}

type compareFlags struct {
	Servers  []string      `arg:"" sep:"none" name:"NAME=PATH" help:"A daemon's program, and its name in the results."`
	Scenario []string      `placeholder:"NAME" help:"Run only these scenarios, separated by commas: ${scenarios}."`
	Rounds   int           `default:"6" help:"How many times to measure everything. From six on benchstat can tell a difference from chance."`
	Scale    float64       `default:"1" help:"Multiplies the numbers of messages, connections and sessions."`
	Timeout  time.Duration `default:"30s" help:"Give up a measurement and kill the daemon after this long."`
}

type backendFlags struct {
	Name  string `arg:"" enum:"out,out-1k,count,cat" help:"out, out-1k: write \"ready\", wait for input, then write lines of 64 or 1024 bytes. count: write \"ready\", read up to a line \"end\", then write how many lines and bytes there were, and their CRC-32C. cat: copy stdin."`
	Count int    `arg:"" optional:"" default:"1000000" help:"How many lines out and out-1k write."`
}

func main() { program().Main() }

func program() command.Program {
	return command.Program{
		Name:  "wsbench",
		About: about,
		Flags: &flags{},
		Vars:  kong.Vars{"scenarios": strings.Join(scenarioNames(), ", ")},
	}
}
