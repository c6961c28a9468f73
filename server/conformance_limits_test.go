package server

import "wsd/server/websocket"

// limitCases are about RFC 6455 10.4 and --maxframesize: the message that is too
// large is refused by its header, before it is sent.
func limitCases() (cases []frameCase) {
	tooBig, exact := fails(websocket.ErrTooBig), xs(sizeLimit)
	for _, kind := range []struct {
		name string
		op   byte
		mode mode
	}{{"text", websocket.OpText, bothModes}, {"binary", websocket.OpBinary, binaryMode}} {
		op := kind.op
		add := func(title string, ends ending, e exchange) {
			cases = append(cases, frameCase{kind.name + " " + title, "10.4 5.4 7.4.1", kind.mode, inTurn(e), ends})
		}
		start := func(s string) []byte { return clientFrame(op, []byte(s)) }
		add("as large as allowed", ending{}, sends(clientFrame(websocket.FinBit|op, []byte(exact))).brings(exact))
		add("as large as allowed, in fragments", ending{}, sends(start(exact[:65_000]), more(exact[65_000:]), final("")).brings(exact))
		add("as large as allowed, with a ping inside", ending{}, sends(start(exact[1:]), ping("not counted"), final("x")).brings(exact).answered("not counted"))
		add("one byte larger", tooBig, sends(begun(websocket.FinBit|op, sizeLimit+1, "")))
		add("one byte larger, in fragments", tooBig, sends(start(exact), begun(websocket.FinBit|websocket.OpContinuation, 1, "")))
		add("one byte larger, in fragments that go on", tooBig, sends(start(exact), more(""), begun(websocket.OpContinuation, 1, "")))
		add("much larger", tooBig, sends(header64(websocket.FinBit|op, 1<<40)))
		add("much larger, behind a fragment", tooBig, sends(start("a"), header64(websocket.OpContinuation, 1<<63-1)))
	}
	return append(cases, frameCase{"messages as large as allowed one after the other", "10.4", "", inTurn(
		sends(textFrame(exact)).brings(exact), sends(textFrame("small")).brings("small"), sends(textFrame(exact)).brings(exact)), ending{}})
}
