package main

import "time"

const about = `Measures WebSocket servers with raw frames of its own.

"wsbench URL" measures a server that is running; it must echo each message. "wsbench compare" starts several daemons that take
websocketd's flags, taking turns. Both print Go's benchmark format, of which benchstat -col daemon makes tables.`

// flags is the whole command line.
type flags struct {
	Measure measureFlags `cmd:"" default:"withargs" help:"Measure one server that echoes each message: round trips, messages a second, connections a second. This is what \"wsbench URL\" does."`
	Compare compareFlags `cmd:"" help:"Compare websocketd-compatible daemons: NAME=PATH of each."`
	Backend backendFlags `cmd:"" help:"Play a backend of a comparison. Works in a plain pipe too."`
}

type measureFlags struct {
	URL      string        `arg:"" help:"The server's address: ws://… or wss://…"`
	Insecure bool          `short:"k" help:"Take any certificate, such as a self-signed one."`
	Size     int           `default:"64" help:"Bytes in a message."`
	Duration time.Duration `default:"3s" help:"How long each of the three measurements should take, roughly."`
	Timeout  time.Duration `default:"30s" help:"When a measurement is given up."`
}

type compareFlags struct {
	Servers  []string      `arg:"" sep:"none" name:"NAME=PATH" help:"A daemon, and the name it has in the results."`
	Scenario []string      `placeholder:"NAME" help:"Run only this scenario; repeatable, or a list with commas. They are: ${scenarios}."`
	Rounds   int           `default:"6" help:"How often everything is measured; benchstat tells chance from difference with six or more."`
	Scale    float64       `default:"1" help:"A factor on the numbers of messages, connections and sessions."`
	Timeout  time.Duration `default:"30s" help:"When a measurement is given up, and the daemon killed as hung."`
}

type backendFlags struct {
	Name  string `arg:"" enum:"out,out-1k,count,cat" help:"out, out-1k: lines of 64 or 1024 bytes, once anything arrives on stdin after their line \"ready\"; count: \"ready\", then lines, bytes and CRC-32C of stdin up to a line \"end\"; cat: stdin as it is."`
	Count int    `arg:"" optional:"" default:"1000000" help:"How many lines out and out-1k write."`
}
