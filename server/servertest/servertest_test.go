package servertest

import (
	"bytes"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"testing"

	"wsd/exec/exectest"
)

func TestMain(m *testing.M) { exectest.Main(m, nil) }

// talking returns a client to which a server says these bytes and leaves.
func talking(t *testing.T, says string) *Client {
	t.Helper()
	ours, theirs := net.Pipe()
	done := make(chan struct{})
	go func() { // ends when the client has read all, or with its connection; awaited below
		defer close(done)
		defer theirs.Close()
		io.WriteString(theirs, says)
	}()
	c := NewClient(t, ours)
	t.Cleanup(func() { ours.Close(); <-done })
	return c
}

// TestStrict has a server that says what no server may.
func TestStrict(t *testing.T) {
	for says, want := range map[string]string{
		"\xc1\x00":                     "header c1 00",
		"\x81\x80\x00\x00\x00\x00":     "header 81 80",
		"\x83\x00":                     "opcode 0x3",
		"\x80\x00":                     "continuation of nothing",
		"\x01\x01a\x81\x01b":           "inside another",
		"\x81\x01\xff":                 "not UTF-8",
		"\x01\x02\xc3\xa4\x80\x01\xc3": "not UTF-8",
		"\x09\x00":                     "control frame",
		"\x8a\x7e\x00\x7e":             "control frame",
		"\x81\x7e\x00\x7d":             "16-bit length",
		"\x81\x7f\x00\x00\x00\x00\x00\x00\xff\xff": "64-bit length",
		"\x81\x7f\x00\x00\x00\x01\x00\x00\x00\x00": "a frame of",
		"\x81\x05four":         "a frame was cut",
		"\x81\x7e\x01":         io.ErrUnexpectedEOF.Error(),
		"\x88\x01\x03":         "one byte",
		"\x88\x02\x03\xed":     "close code 1005",
		"\x88\x02\x0b\xb7":     "close code 2999",
		"\x88\x03\x03\xe8\xff": "reason that is not UTF-8",
		"\x88\x05\x03\xe8bye":  `close frame 1000 "bye"`,
		"\x88\x00":             "close frame 1005",
		"":                     io.EOF.Error(),
	} {
		c := talking(t, says)
		if _, err := c.ReadAll(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("% x: %v, want %s", says, err, want)
		}
	}
	c := talking(t, "\x01\x02h\xc3\x8a\x00\x80\x03\xa4!!\x82\x01\xff")
	if got, err := c.Read(); got != "hä!!" || err != nil || c.Pongs != 1 {
		t.Errorf("%q, %v", got, err)
	}
	c.WantMessage(Binary, "\xff")
	c.WantEnd()
}

// TestFrame unmasks what Frame has masked, in each of the three sizes of a length.
func TestFrame(t *testing.T) {
	for size, header := range map[int]string{5: "\x81\x85", 126: "\x81\xfe\x00\x7e", 1 << 16: "\x81\xff\x00\x00\x00\x00\x00\x01\x00\x00"} {
		payload := strings.Repeat("x", size)
		b := Message(payload)
		mask := []byte(strings.TrimPrefix(string(b[:len(b)-size]), header))
		for i := range b[len(b)-size:] {
			b[len(b)-size+i] ^= mask[i%4]
		}
		if len(mask) != 4 || !bytes.Equal(b[len(b)-size:], []byte(payload)) {
			t.Errorf("%d bytes: % x", size, b[:16])
		}
	}
}

func TestLog(t *testing.T) {
	l := new(Log)
	l.Logger().WithGroup("g").Warn("one", "n", int64(1)<<40, "err", errors.New("it broke"))
	io.WriteString(l, "a panic\n{\"msg\":\"tw")
	waited := make(chan Record, 1)
	go func() { waited <- l.Wait(t, "two") }() // ends by the next line; awaited below
	io.WriteString(l, "o\",\"list\":[1,\"b\"]}\ncut")
	(<-waited).Want(t, "list", "[1 b]")
	l.Wait(t, "…n…", "level", "WARN", "g.n", "1099511627776", "g.err", "…broke")
	if all := l.All("", "level", "WARN"); len(all) != 1 || l.Other() != "a panic\ncut" {
		t.Errorf("%v, %q", all, l.Other())
	}
	if got := l.WaitText(t, 2, `"msg":"(.)`); !slices.Equal(got, []string{`"msg":"t`, "t"}) {
		t.Errorf("%q", got)
	}
}
