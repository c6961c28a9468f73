package main

import (
	"errors"
	"testing"
	"time"
)

func TestJitter(t *testing.T) {
	for range 1000 {
		if got := jitter(time.Second); got < time.Second/2 || got > time.Second {
			t.Fatalf("a pause of %v", got)
		}
	}
}

func TestCheckURL(t *testing.T) {
	for _, c := range []struct {
		url         string
		ok, okToken bool
	}{
		{"wss://relay.example/agents", true, true},
		{"ws://relay.example/agents", true, false},
		{"ws://localhost:8080/agents", true, true},
		{"ws://[::1]:8080/agents", true, true},
		{"https://relay.example/agents", false, false},
		{"relay.example", false, false},
		{"wss://", false, false},
		{"wss://%zz", false, false},
	} {
		if err := checkURL(c.url, false); (err == nil) != c.ok {
			t.Errorf("%s: %v", c.url, err)
		}
		if err := checkURL(c.url, true); (err == nil) != c.okToken {
			t.Errorf("%s with a token: %v", c.url, err)
		}
	}
}

func TestFault(t *testing.T) {
	a := &agent{}
	for code, want := range map[string]struct{ goesOn, isFinal bool }{
		"no-channel": {true, false}, "replaced": {false, true}, "bad-request": {false, true},
		"name-taken": {false, false}, "broker": {false, false},
	} {
		err := a.fault(line{Code: code, Message: "a reason"})
		if (err == nil) != want.goesOn || errors.Is(err, errFinal) != want.isFinal {
			t.Errorf("%s: %v", code, err)
		}
	}
}
