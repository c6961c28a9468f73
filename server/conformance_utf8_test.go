package server

import (
	"fmt"
	"strings"

	"wsd/server/servertest"
	"wsd/server/websocket"
)

// invalidTexts end with the byte that makes them no UTF-8, whatever follows.
var invalidTexts = []struct{ kind, text string }{
	{"lone continuation 80", "\x80"},
	{"lone continuation bf", "\xbf"},
	{"continuation after a character", "é\x80"},
	{"byte fe", "\xfe"},
	{"byte ff", "\xff"},
	{"overlong c0", "\xc0"},
	{"overlong c1", "\xc1"},
	{"overlong e0 80", "\xe0\x80"},
	{"overlong e0 9f", "\xe0\x9f"},
	{"overlong f0 80", "\xf0\x80"},
	{"overlong f0 8f", "\xf0\x8f"},
	{"surrogate ed a0", "\xed\xa0"},
	{"surrogate ed bf", "\xed\xbf"},
	{"beyond 10FFFF f4 90", "\xf4\x90"},
	{"beyond 10FFFF f5", "\xf5"},
	{"five bytes f8", "\xf8"},
	{"six bytes fc", "\xfc"},
	{"two bytes, cut by a letter", "\xc3a"},
	{"two bytes, cut by another character", "\xc3\xc3"},
	{"three bytes, cut after one", "\xe2a"},
	{"three bytes, cut after two", "\xe2\x82a"},
	{"four bytes, cut after one", "\xf0a"},
	{"four bytes, cut after two", "\xf0\x9fa"},
	{"four bytes, cut after three", "\xf0\x9f\x98a"},
}

// utf8Cases are about RFC 6455 8.1. Nothing follows the byte at fault: the frame
// that it stands in, and the message, are not at their end.
func utf8Cases() (cases []frameCase) {
	notUTF8 := fails(websocket.ErrNotUTF8)
	add := func(name string, ends ending, e ...exchange) {
		cases = append(cases, frameCase{name, "8.1", "", e, ends})
	}
	for _, bad := range invalidTexts {
		cut := len(bad.text) - 1
		add(bad.kind+", in a frame", notUTF8, sends(begun(servertest.Fin|servertest.Text, 20, bad.text)))
		add(bad.kind+", over two frames", notUTF8, sends(fragment("a"+bad.text[:cut]), begun(servertest.Continuation, 20, bad.text[cut:])))
		add(bad.kind+", in a large frame", notUTF8, sends(begun(servertest.Fin|servertest.Text, 60_000, "large "+bad.text)))
		add(bad.kind+", late in a message", notUTF8, sends(fragment(xs(20_000)), begun(servertest.Fin|servertest.Continuation, 30_000, xs(20_000)+bad.text)))
	}
	const ill = "a€\xf0\x9f\x98b"
	for cut := range len(ill) {
		add(fmt.Sprint("ill text in two frames, cut at ", cut), notUTF8, sends(fragment(ill[:cut]), begun(servertest.Continuation, 20, ill[cut:])))
	}
	for _, char := range []string{"é", "€", "😀"} {
		for n := 1; n < len(char); n++ {
			name := fmt.Sprintf("message that ends after %d of %d bytes of a character", n, len(char))
			add(name, notUTF8, sends(textFrame("a"+char[:n])))
			add(name+", in fragments", notUTF8, sends(fragment("a"), final(char[:n])))
			add(name+", and an empty fragment", notUTF8, sends(fragment("a"+char[:n]), final("")))
			add(name+", in a large frame", notUTF8, sends(textFrame(xs(20_000)+char[:n])))
		}
	}
	add("message that ends inside a character, and the rest in the next", notUTF8, sends(textFrame("\xe2\x82"), textFrame("\xac")))
	add("good message before a bad one", notUTF8, sends(textFrame("good €")).brings("good €"), sends(begun(servertest.Fin|servertest.Text, 9, "bad\xff")))

	add("first and last character of each length", ending{}, sends(textFrame("\x00\u007f\u0080\u07ff\u0800\uffff\U00010000\U0010ffff")).brings("\x00\u007f\u0080\u07ff\u0800\uffff\U00010000\U0010ffff"))
	add("characters beside the surrogates", ending{}, sends(textFrame("\ud7ff\ue000")).brings("\ud7ff\ue000"))
	add("noncharacters", ending{}, sends(textFrame("\ufdd0\ufffe\uffff\U0001fffe\U0010ffff")).brings("\ufdd0\ufffe\uffff\U0001fffe\U0010ffff"))
	add("byte order mark", ending{}, sends(textFrame("\ufeffmark")).brings("\ufeffmark"))
	add("U+FFFD", ending{}, sends(textFrame("\ufffd")).brings("\ufffd"))
	add("text cut at each byte into two frames", ending{}, cutText("aé€😀z")...)
	add("text with a frame for each byte", ending{}, oneByteFrames("κόσμε 😀"))
	add("large text of large characters", ending{}, sends(fragment("a"+strings.Repeat("😀", 8_000)), final(strings.Repeat("€", 8_000))).brings("a"+strings.Repeat("😀", 8_000)+strings.Repeat("€", 8_000)))
	return cases
}

// cutText sends text in two frames, cut at each byte.
func cutText(text string) (s []exchange) {
	for n := range len(text) + 1 {
		s = append(s, sends(fragment(text[:n]), final(text[n:])).brings(text))
	}
	return s
}

func oneByteFrames(text string) exchange {
	e := sends(fragment("")).brings(text)
	for i := range len(text) {
		e.send = append(e.send, more(text[i:i+1])...)
	}
	e.send = append(e.send, final("")...)
	return e
}
