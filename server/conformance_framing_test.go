package server

import (
	"fmt"
	"math"
	"strings"

	"wsd/server/servertest"
	"wsd/server/websocket"
)

// framingCases are about RFC 6455 5.1 to 5.3 and 5.8: masks, headers, lengths.
func framingCases() []frameCase {
	notMasked, reserved := protocolFault("frame is not masked"), protocolFault("reserved bits are set")
	opcode, length := protocolFault("reserved opcode"), protocolFault("bad length")
	cases := []frameCase{
		{"text that is not masked", "5.1 5.3", "", inTurn(sends([]byte{0x81, 0x05})), notMasked},
		{"empty text that is not masked", "5.1", "", inTurn(sends([]byte{0x81, 0x00})), notMasked},
		{"binary that is not masked", "5.1", "", inTurn(sends([]byte{0x82, 0x01})), notMasked},
		{"continuation that is not masked", "5.1 5.4", "", inTurn(sends(fragment("a"), []byte{0x80, 0x01})), notMasked},
		{"ping that is not masked", "5.1 5.5.2", "", inTurn(sends([]byte{0x89, 0x00})), notMasked},
		{"pong that is not masked", "5.1 5.5.3", "", inTurn(sends([]byte{0x8a, 0x00})), notMasked},
		{"close frame that is not masked", "5.1 5.5.1", "", inTurn(sends([]byte{0x88, 0x02})), notMasked},
		{"not masked after a good message", "5.1", "", inTurn(sends(textFrame("good")).brings("good"), sends([]byte{0x81, 0x05})), notMasked},

		{"16-bit length for less than 126 bytes", "5.2", "", inTurn(sends(in16("")).brings(""), sends(in16("hello")).brings("hello"), sends(in16(xs(125))).brings(xs(125))), ending{}},
		{"64-bit length for less than 65536 bytes", "5.2", "", inTurn(sends(in64("")).brings(""), sends(in64("hello")).brings("hello"), sends(in64(xs(126))).brings(xs(126)), sends(in64(xs(65535))).brings(xs(65535))), ending{}},
		{"64-bit length with the highest bit", "5.2", "", inTurn(sends([]byte{0x81, 0xff, 0x80})), length},
		{"64-bit length of all ones", "5.2", "", inTurn(sends([]byte{0x81, 0xff, 0xff})), length},
		{"largest length there is", "5.2 10.4", "", inTurn(sends(header64(websocket.FinBit|websocket.OpText, math.MaxInt64))), fails(websocket.ErrTooBig)},

		{"RSV1 of a continuation", "5.2 5.8 9", "", inTurn(sends(fragment("a"), []byte{0x40})), reserved},
		{"RSV1 of a ping", "5.2 5.8 9", "", inTurn(sends([]byte{0xc9})), reserved},
		{"RSV2 of a pong", "5.2 5.8 9", "", inTurn(sends([]byte{0xaa})), reserved},
		{"RSV3 of a close frame", "5.2 5.8 9", "", inTurn(sends([]byte{0x98})), reserved},
		{"RSV1 of a compressed message", "5.2 9", "", inTurn(sends(servertest.Frame(0xc1, string([]byte{0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00})))), reserved},

		{"masking key of zeros", "5.3", "", inTurn(sends(keyed([4]byte{}, 0x81, "hello")).brings("hello")), ending{}},
		{"masking key of ones", "5.3", "", inTurn(sends(keyed([4]byte{0xff, 0xff, 0xff, 0xff}, 0x81, "hello")).brings("hello")), ending{}},
		{"masking key that hides the payload", "5.3", "", inTurn(sends(keyed([4]byte{'w', 'x', 'y', 'z'}, 0x81, "wxyzwxyz")).brings("wxyzwxyz")), ending{}},
		{"masked payload that looks like frames", "5.3", "", inTurn(sends(keyed([4]byte{'h' ^ 0x88, 'e' ^ 0x80, 'l' ^ 0x88, 'l' ^ 0x80}, 0x81, "hello")).brings("hello")), ending{}},
		{"masking key of its own for each frame", "5.3 5.4", "", inTurn(sends(
			keyed([4]byte{1, 2, 3, 4}, 0x01, "one "), keyed([4]byte{9, 8, 7, 6}, 0x89, "ping"), keyed([4]byte{0, 255, 0, 255}, 0x80, "two")).brings("one two").answered("ping")), ending{}},
		{"masked payloads of 0 to 70 bytes", "5.3", "", inTurn(everyAlignment()), ending{}},
	}
	for _, n := range []int{0, 1, 125, 126, 127, 65535, 65536} {
		cases = append(cases, frameCase{fmt.Sprint("text of length ", n), "5.2 6.1 6.2", "", inTurn(sends(textFrame(xs(n))).brings(xs(n))), ending{}})
	}
	for _, set := range []struct {
		bit  byte
		name string
	}{{0x40, "RSV1"}, {0x20, "RSV2"}, {0x10, "RSV3"}, {0x70, "all reserved bits"}} {
		bit, name := set.bit, set.name
		cases = append(cases,
			frameCase{name + " of a text", "5.2 5.8 9", "", inTurn(sends([]byte{0x81 | bit})), reserved},
			frameCase{name + " of a fragment", "5.2 5.8 9", "", inTurn(sends([]byte{0x01 | bit})), reserved},
			frameCase{name + " of a binary", "5.2 5.8 9", "", inTurn(sends([]byte{0x82 | bit})), reserved})
	}
	for _, op := range []byte{3, 4, 5, 6, 7, 0xb, 0xc, 0xd, 0xe, 0xf} {
		cases = append(cases,
			frameCase{fmt.Sprintf("opcode %X", op), "5.2 5.8", "", inTurn(sends([]byte{websocket.FinBit | op})), opcode},
			frameCase{fmt.Sprintf("opcode %X in fragments", op), "5.2 5.8", "", inTurn(sends([]byte{op})), opcode},
			frameCase{fmt.Sprintf("opcode %X inside a message", op), "5.2 5.4 5.8", "", inTurn(sends(fragment("a"), []byte{websocket.FinBit | op})), opcode})
	}
	return cases
}

// everyAlignment sends payloads that end at each place of the masking key and of
// the words that are unmasked together.
func everyAlignment() exchange {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-*/=.,;"
	var frames []byte
	var messages []string
	for n := range len(letters) + 1 {
		frames = append(frames, textFrame(letters[:n])...)
		messages = append(messages, letters[:n])
	}
	return sends(frames).brings(messages...)
}

// fragmentCases are about RFC 6455 5.4.
func fragmentCases() []frameCase {
	inside, nothing := protocolFault("message inside a message"), protocolFault("continuation of no message")
	header := func(first byte) []byte { return servertest.Frame(first, "") }
	return []frameCase{
		{"two fragments", "5.4", "", inTurn(sends(fragment("frag"), final("ment")).brings("fragment")), ending{}},
		{"three fragments", "5.4", "", inTurn(sends(fragment("a"), more("b"), final("c")).brings("abc")), ending{}},
		{"first fragment empty", "5.4", "", inTurn(sends(fragment(""), more("b"), final("c")).brings("bc")), ending{}},
		{"middle fragment empty", "5.4", "", inTurn(sends(fragment("a"), more(""), final("c")).brings("ac")), ending{}},
		{"last fragment empty", "5.4", "", inTurn(sends(fragment("a"), more("b"), final("")).brings("ab")), ending{}},
		{"all fragments empty", "5.4", "", inTurn(sends(fragment(""), more(""), more(""), final("")).brings("")), ending{}},
		{"a thousand fragments", "5.4", "", inTurn(sends(fragment(""), []byte(strings.Repeat(string(more("x")), 1000)), final("")).brings(xs(1000))), ending{}},
		{"fragments larger than a buffer", "5.4", "", inTurn(sends(fragment(xs(30000)), more("y"), final(xs(30000))).brings(xs(30000) + "y" + xs(30000))), ending{}},
		{"fragmented messages one after the other", "5.4", "", inTurn(sends(fragment("a"), final("b"), fragment("c"), final("d"), textFrame("e")).brings("ab", "cd", "e")), ending{}},
		{"binary in fragments", "5.4 5.6", binaryMode, inTurn(sends(servertest.Frame(websocket.OpBinary, string([]byte{0, 0xff})), final("\x80\n"), binFrame("\xfe")).brings("\x00\xff\x80\n", "\xfe")), ending{}},
		{"fragments that come one after the other", "5.4 6.2", "", inTurn(sends(fragment("slow"), ping("1")).answered("1"), sends(more("ly "), ping("2")).answered("2"), sends(final("done")).brings("slowly done")), ending{}},

		{"ping between fragments", "5.4 5.5 5.5.2", "", inTurn(sends(fragment("a"), ping("between")).answered("between"), sends(final("b")).brings("ab")), ending{}},
		{"pong between fragments", "5.4 5.5 5.5.3", "", inTurn(sends(fragment("a"), pong("unasked"), final("b")).brings("ab")), ending{}},
		{"ping between the bytes of a character", "5.4 5.5 8.1", "", inTurn(sends(fragment("\xe2\x82"), ping("x"), final("\xac")).brings("€").answered("x")), ending{}},
		{"close frame between fragments", "5.4 5.5.1 7.1.3", "", inTurn(sends(fragment("never ended"), closeWith(1000, ""))), closes(1000, "")},

		{"text inside a fragmented text", "5.4", "", inTurn(sends(fragment("a"), header(0x81))), inside},
		{"fragment of a text inside a fragmented text", "5.4", "", inTurn(sends(fragment("a"), header(0x01))), inside},
		{"binary inside a fragmented text", "5.4", "", inTurn(sends(fragment("a"), header(0x82))), inside},
		{"text inside a fragmented binary", "5.4", binaryMode, inTurn(sends(servertest.Frame(websocket.OpBinary, "a"), header(0x81))), inside},
		{"text inside a message of empty fragments", "5.4", "", inTurn(sends(fragment(""), more(""), header(0x81))), inside},
		{"text inside a message, behind a ping", "5.4 5.5", "", inTurn(sends(fragment("a"), ping("p"), header(0x81)).answered("p")), inside},
		{"continuation of nothing", "5.4", "", inTurn(sends(header(0x80))), nothing},
		{"continuation of nothing, not the last", "5.4", "", inTurn(sends(header(0x00))), nothing},
		{"continuation of a finished text", "5.4", "", inTurn(sends(textFrame("done")).brings("done"), sends(header(0x80))), nothing},
		{"continuation of a finished fragmented text", "5.4", "", inTurn(sends(fragment("a"), final("b")).brings("ab"), sends(header(0x00))), nothing},
		{"continuation of a ping", "5.4 5.5", "", inTurn(sends(ping("p"), header(0x80)).answered("p")), nothing},
	}
}

// dataCases are about RFC 6455 5.6 and the examples of 5.7.
func dataCases() []frameCase {
	onlyText := fails(websocket.ErrOnlyText)
	var all []byte
	for c := range 256 {
		all = append(all, byte(c))
	}
	hello := []byte{0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58}
	return []frameCase{
		{"several messages in one write", "5.6 6.2", "", inTurn(sends(textFrame("one"), textFrame(""), textFrame("three")).brings("one", "", "three")), ending{}},
		{"binary", "5.6", binaryMode, inTurn(sends(binFrame("\x00\x01\n\r\x80\xff")).brings("\x00\x01\n\r\x80\xff")), ending{}},
		{"binary of all bytes", "5.6", binaryMode, inTurn(sends(binFrame(string(all))).brings(string(all))), ending{}},
		{"binary that would be no UTF-8", "5.6 8.1", binaryMode, inTurn(sends(binFrame("\xff\xed\xa0\x80"), servertest.Frame(websocket.OpBinary, "\xc3"), final("\x28")).brings("\xff\xed\xa0\x80", "\xc3\x28")), ending{}},
		{"empty binary", "5.6", binaryMode, inTurn(sends(binFrame(""), binFrame("after")).brings("", "after")), ending{}},
		{"text and binary", "5.6", binaryMode, inTurn(sends(textFrame("text\n"), binFrame("\xff"), textFrame("é")).brings("text\n", "\xff", "é")), ending{}},
		{"binary of length 65536", "5.2 5.6", binaryMode, inTurn(sends(binFrame(strings.Repeat("\x80", 65536))).brings(strings.Repeat("\x80", 65536))), ending{}},
		{"binary where only text is taken", "5.6 7.4.1", textMode, inTurn(sends(servertest.Frame(0x82, ""))), onlyText},
		{"binary where only text is taken, its header alone", "5.6 7.4.1", textMode, inTurn(sends(begun(0x82, 200, ""))), onlyText},
		{"fragment of a binary where only text is taken", "5.4 5.6 7.4.1", textMode, inTurn(sends(servertest.Frame(0x02, ""))), onlyText},
		{"binary after a text where only text is taken", "5.6 7.4.1", textMode, inTurn(sends(textFrame("good")).brings("good"), sends(begun(0x82, 1, ""))), onlyText},

		{"5.7: a masked text message", "5.7", "", inTurn(sends(hello).brings("Hello")), ending{}},
		{"5.7: an unmasked text message", "5.7 5.1", "", inTurn(sends([]byte{0x81, 0x05})), protocolFault("frame is not masked")},
		{"5.7: a fragmented unmasked text message", "5.7 5.1", "", inTurn(sends([]byte{0x01, 0x03})), protocolFault("frame is not masked")},
		{"5.7: the same fragments, masked", "5.7 5.4", "", inTurn(sends(
			[]byte{0x01, 0x83, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d}, []byte{0x80, 0x82, 0x37, 0xfa, 0x21, 0x3d, 0x5b, 0x95}).brings("Hello")), ending{}},
		{"5.7: an unmasked ping", "5.7 5.1", "", inTurn(sends([]byte{0x89, 0x05})), protocolFault("frame is not masked")},
		{"5.7: the same ping, masked", "5.7 5.5.2", "", inTurn(sends(append([]byte{0x89}, hello[1:]...)).answered("Hello")), ending{}},
		{"5.7: a masked pong", "5.7 5.5.3", "", inTurn(sends(append([]byte{0x8a}, hello[1:]...))), ending{}},
		{"5.7: 256 bytes of binary", "5.7 5.2", binaryMode, inTurn(sends([]byte{0x82, 0xfe, 0x01, 0x00, 0, 0, 0, 0}, all).brings(string(all))), ending{}},
		{"5.7: 64 KiB of binary", "5.7 5.2", binaryMode, inTurn(sends(
			[]byte{0x82, 0xff, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0}, []byte(strings.Repeat(string(all), 256))).brings(strings.Repeat(string(all), 256))), ending{}},
	}
}
