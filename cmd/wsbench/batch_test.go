package main

import (
	"bytes"
	"strings"
	"testing"
)

// TestExpected has what arrives compared with what should have.
func TestExpected(t *testing.T) {
	b := newBatch(200)
	one, two := b.text(0), b.text(1)
	for _, test := range []struct {
		name   string
		pieces [][]byte // the first two of one message
		err    string   // empty: both messages arrive
	}{
		{"both", [][]byte{one[:7], one[7:], two}, ""},
		{"an empty last piece", [][]byte{one, nil, two}, ""},
		{"a message twice", [][]byte{one[:7], one[7:], one}, "wrong: message 1"},
		{"too short", [][]byte{one[:7], one[7:199]}, "wrong: message 0"},
		{"too long", [][]byte{one, []byte("x")}, "wrong: message 0"},
		{"a wrong byte at the end", [][]byte{one[:199], []byte("!")}, "wrong: message 0"},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := &expected{batch: b, n: 2}
			var err error
			for i, p := range test.pieces {
				if err = e.take(bytes.Clone(p), i > 0); err != nil {
					break
				}
			}
			if test.err == "" && (err != nil || e.got != 2) {
				t.Errorf("got %v and %d messages, want two", err, e.got)
			}
			if test.err != "" && (err == nil || !strings.HasPrefix(err.Error(), test.err)) {
				t.Errorf("got %v, want %q", err, test.err)
			}
		})
	}
}
