package lazyio

import (
	"io"
	"net"
	"os"
	"testing"

	"wsd/exec/exectest"
)

func TestMain(m *testing.M) { exectest.Main(m, nil) }

// sources are both ends of streams with and without a descriptor to wait on.
func sources(t *testing.T) map[string][2]io.ReadWriteCloser {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	near, far := net.Pipe()
	t.Cleanup(func() { r.Close(); w.Close(); near.Close(); far.Close() })
	return map[string][2]io.ReadWriteCloser{"pipe": {r, w}, "no descriptor": {near, far}}
}

// A reader holds a buffer while bytes in it are unread, and none while it waits.
func TestReaderHoldsNothingWhileIdle(t *testing.T) {
	for name, ends := range sources(t) {
		t.Run(name, func(t *testing.T) {
			r := NewReader(ends[0], []byte("early"))
			if string(r.Unread()) != "early" || r.buf == nil {
				t.Fatalf("%q is unread", r.Unread())
			}
			r.Use(5)
			wrote := make(chan error, 1)
			go func() { // ends once both are written; received below
				_, err := ends[1].Write([]byte("hello"))
				ends[1].Close()
				wrote <- err
			}()
			for got := 0; got < 5; got = len(r.Unread()) {
				if err := r.Fill(); err != nil {
					t.Fatal(err)
				}
			}
			if err := <-wrote; err != nil || string(r.Unread()) != "hello" {
				t.Fatalf("%q is unread, %v", r.Unread(), err)
			}
			if got := string(r.WithHeader([]byte("> "), 5)); got != "> hello" {
				t.Errorf("WithHeader: %q", got)
			}
			r.Use(5)
			if err := r.Fill(); err != io.EOF {
				t.Errorf("at the end: %v", err)
			}
			if r.buf != nil {
				t.Error("the reader holds a buffer at the end")
			}
		})
	}
}

func TestFillNow(t *testing.T) {
	ends := sources(t)["pipe"]
	r := NewReader(ends[0], nil)
	if RawConn(ends[0]) == nil {
		t.Skip("no descriptor can be waited on here")
	}
	if err := r.FillNow(); err != os.ErrDeadlineExceeded || r.buf != nil {
		t.Errorf("with nothing there: %v, a buffer is held: %v", err, r.buf != nil)
	}
	if _, err := ends[1].Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if err := r.FillNow(); err != nil || string(r.Unread()) != "x" {
		t.Errorf("with a byte there: %v, %q", err, r.Unread())
	}
	r.Discard()
	if r.buf != nil || len(r.Unread()) != 0 {
		t.Error("Discard has left something")
	}
}
