package server

import (
	"fmt"
	"strings"

	"wsd/server/servertest"
	"wsd/server/websocket"
)

// closingCases are about RFC 6455 5.5.1 and 7: how a connection ends, but for the
// codes.
func closingCases() []frameCase {
	badFrame, notUTF8 := protocolFault("bad close frame"), fails(websocket.ErrNotUTF8)
	full := strings.Repeat("r", 123)
	empty := servertest.Frame(servertest.Fin|servertest.Close, "")
	notMasked := protocolFault("frame is not masked")
	return []frameCase{
		{"close frame without a code", "5.5.1 7.1.2 7.1.5", "", inTurn(sends(empty)), closes(1005, "")},
		{"close frame without a reason", "5.5.1 7.1.1 7.1.2 7.1.4 7.1.5 7.3", "", inTurn(sends(closeWith(1000, ""))), closes(1000, "")},
		{"close frame with a reason", "5.5.1 7.1.6", "", inTurn(sends(closeWith(1000, "bye €"))), closes(1000, "bye €")},
		{"close frame with a reason of 123 bytes", "5.5 5.5.1 7.1.6", "", inTurn(sends(closeWith(1000, full))), closes(1000, full)},
		{"close frame with a reason of 61 characters", "5.5.1 7.1.6", "", inTurn(sends(closeWith(4000, strings.Repeat("é", 61)))), closes(4000, strings.Repeat("é", 61))},
		{"close frame with a NUL as the reason", "5.5.1 7.1.6", "", inTurn(sends(closeWith(1000, "\x00"))), closes(1000, "\x00")},
		{"close frame after a message", "5.5.1 7.1.2", "", inTurn(sends(textFrame("last words"), closeWith(1000, "")).brings("last words")), closes(1000, "")},
		{"close frame after a ping", "5.5.1 5.5.2", "", inTurn(sends(ping("p"), closeWith(1000, "")).answered("p")), closes(1000, "")},
		{"text after a close frame", "5.5.1 7.1.1", "", inTurn(sends(closeWith(1000, ""), textFrame("too late"))), ending{byClientAndOn, 1000, ""}},
		{"ping after a close frame", "5.5.1 7.1.1", "", inTurn(sends(closeWith(1000, ""), ping("too late"))), ending{byClientAndOn, 1000, ""}},
		{"second close frame", "5.5.1", "", inTurn(sends(closeWith(1000, ""), closeWith(1001, "again"))), ending{byClientAndOn, 1000, ""}},
		{"garbage after a close frame", "5.5.1 7.1.1", "", inTurn(sends(closeWith(1000, ""), []byte("\xff\xff\xff"))), ending{byClientAndOn, 1000, ""}},
		{"close frame inside a message", "5.4 5.5.1 7.1.3", "", inTurn(sends(textFrame("whole"), fragment("half"), closeWith(1001, "")).brings("whole")), closes(1001, "")},
		{"close frame inside a message, cut inside a character", "5.5.1 8.1", "", inTurn(sends(fragment("\xe2\x82"), closeWith(1000, ""))), closes(1000, "")},

		{"close frame of 1 byte", "5.5.1", "", inTurn(sends(servertest.Frame(servertest.Fin|servertest.Close, string([]byte{3})))), badFrame},
		{"close frame of 1 byte inside a message", "5.5.1", "", inTurn(sends(fragment("a"), servertest.Frame(servertest.Fin|servertest.Close, string([]byte{3})))), badFrame},
		{"reason that is no UTF-8", "5.5.1 8.1", "", inTurn(sends(closeWith(1000, "\xff"))), notUTF8},
		{"reason cut inside a character", "5.5.1 8.1", "", inTurn(sends(closeWith(1000, "bye \xe2\x82"))), notUTF8},
		{"reason with a surrogate", "5.5.1 8.1", "", inTurn(sends(closeWith(1000, "\xed\xa0\x80"))), notUTF8},
		{"bad code and a reason that is no UTF-8", "5.5.1 7.4", "", inTurn(sends(closeWith(1005, "\xff"))), protocolFault("bad close code")},

		{"messages after a fault", "7.1.7", "", inTurn(sends(textFrame("good"), []byte{0x81, 0x01, 'a'}, textFrame("bad"), ping("bad")).brings("good")), notMasked},
		{"messages after text that is no UTF-8", "7.1.7 8.1", "", inTurn(sends(textFrame("good"), textFrame("\xff"), textFrame("bad"), ping("bad")).brings("good")), notUTF8},
		{"messages after a binary one where only text is taken", "5.6 7.1.7", textMode, inTurn(sends(textFrame("good"), binFrame("b"), textFrame("bad")).brings("good")), fails(websocket.ErrOnlyText)},
		{"messages after one that is too large", "7.1.7 10.4", "", inTurn(sends(textFrame("good"), textFrame(xs(sizeLimit+1)), textFrame("bad")).brings("good")), fails(websocket.ErrTooBig)},
		{"close frame after a fault", "7.1.1 7.1.7", "", inTurn(sends(textFrame("\xff"), closeWith(1007, ""))), ending{byServer, 1007, websocket.ErrNotUTF8.Reason}},
		{"fault after a fault", "7.1.7", "", inTurn(sends(textFrame("\xff"), []byte{0xff, 0xff, 0xff})), notUTF8},

		{"connection that ends between messages", "7.1.5 7.2.1", "", inTurn(sends(textFrame("whole")).brings("whole"), sends()), ending{by: byLoss}},
		{"connection that ends inside a header", "7.1.5 7.2.1", "", inTurn(sends([]byte{0x81, 0x85, 0x37})), ending{by: byLoss}},
		{"connection that ends inside a frame", "7.1.5 7.2.1", "", inTurn(sends(begun(servertest.Fin|servertest.Text, 10, "half"))), ending{by: byLoss}},
		{"connection that ends inside a large frame", "7.1.5 7.2.1", "", inTurn(sends(begun(servertest.Fin|servertest.Text, 60_000, "a bit of it"))), ending{by: byLoss}},
		{"connection that ends inside a message", "5.4 7.1.5 7.2.1", "", inTurn(sends(fragment("half"), more("more"))), ending{by: byLoss}},
		{"connection that ends inside a ping", "5.5.2 7.1.5 7.2.1", "", inTurn(sends(begun(servertest.Fin|servertest.Ping, 10, "half"))), ending{by: byLoss}},
		{"connection that ends inside a close frame", "5.5.1 7.1.5 7.2.1", "", inTurn(sends(begun(servertest.Fin|servertest.Close, 10, "\x03\xe8"))), ending{by: byLoss}},
	}
}

// codeCases are about RFC 6455 7.4: the codes where one range ends and the next
// begins, and all that are defined. The others are in everyCode.
func codeCases() (cases []frameCase) {
	codes := []int{0, 1, 500, 999, 1016, 1100, 1999, 2000, 2999, 3000, 3500, 3999, 4000, 4500, 4999, 5000, 9999, 32768, 65535}
	for code := 1000; code <= 1015; code++ {
		codes = append(codes, code)
	}
	for _, code := range codes {
		cases = append(cases, codeCase(code))
	}
	return cases
}

// everyCode is the test of each close code from 0 to 5000.
const everyCode = "every close code"

// codeCase is a close frame with this code.
func codeCase(code int) frameCase {
	c := frameCase{name: fmt.Sprint("close code ", code), sections: "7.4.2 7.1.5", steps: inTurn(sends(closeWith(code, "why")))}
	if code >= 1000 && code < 3000 {
		c.sections = "7.4.1 7.1.5"
	}
	if codeIsValid(code) {
		c.ends = closes(code, "why")
	} else {
		c.ends = protocolFault("bad close code")
	}
	return c
}

// codeIsValid is RFC 6455 7.4.1 and 7.4.2, with what IANA has registered since:
// 1012 to 1014. 1004 is reserved; 1005, 1006 and 1015 never stand in a frame.
func codeIsValid(code int) bool {
	switch code {
	case 1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014:
		return true
	}
	return 3000 <= code && code <= 4999
}
