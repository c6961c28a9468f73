package server

import (
	"wsd/server/servertest"
	"wsd/server/websocket"
)

// limitCases are about RFC 6455 10.4 and --maxframesize: the message that is too
// large is refused by its header, before it is sent.
func limitCases() (cases []frameCase) {
	tooBig, exact := fails(websocket.ErrTooBig), xs(sizeLimit)
	for _, kind := range []struct {
		name string
		op   byte
		mode mode
	}{{"text", servertest.Text, bothModes}, {"binary", servertest.Binary, binaryMode}} {
		op := kind.op
		add := func(title string, ends ending, e exchange) {
			cases = append(cases, frameCase{kind.name + " " + title, "10.4 5.4 7.4.1", kind.mode, inTurn(e), ends})
		}
		start := func(s string) []byte { return servertest.Frame(op, s) }
		add("as large as allowed", ending{}, sends(servertest.Frame(servertest.Fin|op, exact)).brings(exact))
		add("as large as allowed, in fragments", ending{}, sends(start(exact[:65_000]), more(exact[65_000:]), final("")).brings(exact))
		add("as large as allowed, with a ping inside", ending{}, sends(start(exact[1:]), ping("not counted"), final("x")).brings(exact).answered("not counted"))
		add("one byte larger", tooBig, sends(begun(servertest.Fin|op, sizeLimit+1, "")))
		add("one byte larger, in fragments", tooBig, sends(start(exact), begun(servertest.Fin|servertest.Continuation, 1, "")))
		add("one byte larger, in fragments that go on", tooBig, sends(start(exact), more(""), begun(servertest.Continuation, 1, "")))
		add("much larger", tooBig, sends(header64(servertest.Fin|op, 1<<40)))
		add("much larger, behind a fragment", tooBig, sends(start("a"), header64(servertest.Continuation, 1<<63-1)))
	}
	return append(cases, frameCase{"messages as large as allowed one after the other", "10.4", "", inTurn(
		sends(textFrame(exact)).brings(exact), sends(textFrame("small")).brings("small"), sends(textFrame(exact)).brings(exact)), ending{}})
}
