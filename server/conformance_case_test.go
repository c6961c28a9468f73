package server

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"wsd/server/servertest"
	"wsd/server/websocket"
)

// The conformance suite is data: what a client sends, and what RFC 6455 and
// docs/backends.md make of it. TestConformance runs it in this process, and with the build
// tag e2e TestConformanceFull against wsd as one of its own.

// sizeLimit is the suite's --maxframesize. A frame of 65536 bytes fits.
const sizeLimit = 66_000

// frameCase is what happens after a handshake.
type frameCase struct {
	name     string
	sections string // of RFC 6455
	mode     mode
	steps    []exchange
	ends     ending
}

// mode is where a case applies.
type mode string

const (
	bothModes  mode = ""
	textMode   mode = "text"
	binaryMode mode = "binary"
)

// exchange is what the client sends and what it then waits for. Each message
// reaches the backend, which sends it back.
type exchange struct {
	send     []byte
	messages []string
	// pongs are answers to pings: all of them in this order, but that of more than
	// sixteen at once a later one may stand for an earlier one (RFC 6455 5.5.3).
	pongs []string
}

// ending is how a session ends after its last exchange, in which nothing is
// waited for then. By default the client closes with 1000.
type ending struct {
	by     party
	code   int
	reason string
}

type party int

const (
	bySuite       party = iota // the client closes with 1000, and nothing is wrong
	byClient                   // the last exchange has a close frame, which is echoed
	byClientAndOn              // the same, and more follows, all in one write: later it would find nobody
	byServer                   // the server fails the connection
	byLoss                     // the client ends the connection without a close frame
)

// sends is a step that no backend sees anything of.
func sends(frames ...[]byte) exchange { return exchange{send: slices.Concat(frames...)} }

// brings is a step that brings the backend messages.
func (e exchange) brings(messages ...string) exchange { e.messages = messages; return e }

// answered is a step whose pings have these payloads.
func (e exchange) answered(pongs ...string) exchange { e.pongs = pongs; return e }

func inTurn(e ...exchange) []exchange { return e }

// fails is the end by a fault of the client.
func fails(err *websocket.Error) ending { return ending{byServer, int(err.Code), err.Reason} }

func protocolFault(reason string) ending { return ending{byServer, 1002, reason} }

func closes(code int, reason string) ending { return ending{byClient, code, reason} }

// The frames of the cases.
var textFrame, closeWith = servertest.Message, servertest.CloseFrame

func fragment(s string) []byte { return servertest.Frame(servertest.Text, s) }
func more(s string) []byte     { return servertest.Frame(servertest.Continuation, s) }
func final(s string) []byte    { return servertest.Frame(servertest.Fin|servertest.Continuation, s) }
func binFrame(s string) []byte { return servertest.Frame(servertest.Fin|servertest.Binary, s) }
func ping(s string) []byte     { return servertest.Frame(servertest.Fin|servertest.Ping, s) }
func pong(s string) []byte     { return servertest.Frame(servertest.Fin|servertest.Pong, s) }

// header64 is the header of a masked frame that announces length bytes. The mask
// is 0, so that the payload may follow as it is.
func header64(first byte, length uint64) []byte {
	b := binary.BigEndian.AppendUint64([]byte{first, 0x80 | 127}, length)
	return append(b, 0, 0, 0, 0)
}

// keyed is a frame with a masking key of its own.
func keyed(key [4]byte, first byte, payload string) []byte {
	b := append([]byte{first, 0x80 | byte(len(payload))}, key[:]...)
	for i := range len(payload) {
		b = append(b, payload[i]^key[i%4])
	}
	return b
}

// begun is a frame that announces length bytes and of which only part is sent.
func begun(first byte, length int, part string) []byte {
	whole := servertest.Frame(first, string(append([]byte(part), make([]byte, length-len(part))...)))
	return whole[:len(whole)-length+len(part)]
}

// in16 and in64 are text frames whose length has more bytes than it needs.
func in16(s string) []byte {
	b := binary.BigEndian.AppendUint16([]byte{servertest.Fin | servertest.Text, 0x80 | 126}, uint16(len(s)))
	return append(append(b, 0, 0, 0, 0), s...)
}

func in64(s string) []byte {
	return append(header64(servertest.Fin|servertest.Text, uint64(len(s))), s...)
}

func xs(n int) string { return strings.Repeat("x", n) }

// short is s quoted, or its two ends.
func short(s string) string {
	if len(s) > 100 {
		return fmt.Sprintf("%d bytes %.40q…%.40q", len(s), s[:40], s[len(s)-40:])
	}
	return fmt.Sprintf("%q", s)
}
