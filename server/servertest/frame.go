package servertest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// The FIN bit and the opcodes in a frame's first byte (RFC 6455 5.2).
const (
	Fin = 0x80

	Continuation = 0x0
	Text         = 0x1
	Binary       = 0x2
	Close        = 0x8
	Ping         = 0x9
	Pong         = 0xa
)

const (
	maskBit = 0x80
	rsvBits = 0x70
	opBits  = 0x0f
	// largest is more than any server here sends in one frame.
	largest = 16 << 20
)

// Frame is a client's frame, masked; first is its first byte. Nothing is checked.
func Frame(first byte, payload string) []byte {
	b := []byte{first}
	switch n := len(payload); {
	case n < 126:
		b = append(b, maskBit|byte(n))
	case n <= 0xffff:
		b = binary.BigEndian.AppendUint16(append(b, maskBit|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, maskBit|127), uint64(n))
	}
	mask := [4]byte{0x37, 0xfa, 0x21, 0x3d}
	b = append(b, mask[:]...)
	for i := range len(payload) {
		b = append(b, payload[i]^mask[i&3])
	}
	return b
}

// Message is a text message of one frame.
func Message(text string) []byte { return Frame(Fin|Text, text) }

// CloseFrame is a close frame with this reason and code, which may be any number.
func CloseFrame(code int, reason string) []byte {
	return Frame(Fin|Close, string(binary.BigEndian.AppendUint16(nil, uint16(code)))+reason)
}

// A ServerFrame is a frame that has come from the server.
type ServerFrame struct {
	Fin     bool
	Opcode  byte
	Payload []byte
}

// String shows the beginning of the payload.
func (f ServerFrame) String() string {
	return fmt.Sprintf("frame{fin %v, opcode %#x, %s}", f.Fin, f.Opcode, short(string(f.Payload)))
}

// ReadFrame reads one frame, and refuses what a server may not send (RFC 6455
// 5.1, 5.2, 5.5). At the end of the connection the error is io.EOF.
func ReadFrame(in io.Reader) (ServerFrame, error) {
	var h [8]byte
	if _, err := io.ReadFull(in, h[:2]); err != nil {
		return ServerFrame{}, err
	}
	f := ServerFrame{Fin: h[0]&Fin != 0, Opcode: h[0] & opBits}
	if h[0]&rsvBits != 0 || h[1]&maskBit != 0 {
		return f, fmt.Errorf("the server sent the header % x", h[:2])
	}
	n, err := readLength(in, h[1])
	switch {
	case err != nil:
		return f, err
	case f.Opcode >= Close && (n > 125 || !f.Fin):
		return f, fmt.Errorf("a control frame with %d bytes, fin %v", n, f.Fin)
	case n > largest:
		return f, fmt.Errorf("a frame of %d bytes", n)
	}
	f.Payload = make([]byte, n)
	if _, err := io.ReadFull(in, f.Payload); err != nil {
		return f, fmt.Errorf("a frame was cut: %w", err)
	}
	return f, nil
}

// readLength reads the rest of a length that begins with short. It must be in its
// shortest form.
func readLength(in io.Reader, short byte) (n uint64, err error) {
	var b [8]byte
	switch n = uint64(short); short {
	case 126:
		_, err = io.ReadFull(in, b[6:])
		if n = binary.BigEndian.Uint64(b[:]); err == nil && n < 126 {
			err = fmt.Errorf("%d bytes with a 16-bit length", n)
		}
	case 127:
		_, err = io.ReadFull(in, b[:])
		if n = binary.BigEndian.Uint64(b[:]); err == nil && n <= 0xffff {
			err = fmt.Errorf("%d bytes with a 64-bit length", n)
		}
	}
	return n, err
}

// A CloseError is a close frame.
type CloseError struct {
	Code   int // 1005 for a frame without one
	Reason string
}

func (e CloseError) Error() string { return fmt.Sprintf("close frame %d %q", e.Code, e.Reason) }

// ParseClose returns the payload of a server's close frame as a CloseError, or
// what is wrong with it (RFC 6455 5.5.1, 7.4).
func ParseClose(p []byte) error {
	switch {
	case len(p) == 0:
		return CloseError{Code: 1005}
	case len(p) == 1:
		return errors.New("a close frame of one byte")
	}
	code, reason := int(binary.BigEndian.Uint16(p)), string(p[2:])
	if code < 1000 || code == 1004 || code == 1005 || code == 1006 || code > 1014 && code < 3000 || code > 4999 {
		return fmt.Errorf("the server sent the close code %d, which must never be sent", code)
	}
	if !utf8.ValidString(reason) {
		return fmt.Errorf("the server sent a close reason that is not UTF-8: %q", reason)
	}
	return CloseError{code, reason}
}

// short is s quoted, or just its two ends when it is long.
func short(s string) string {
	if len(s) > 100 {
		return fmt.Sprintf("%d bytes %.40q…%.40q", len(s), s[:40], s[len(s)-40:])
	}
	return fmt.Sprintf("%q", s)
}
