package exec

import (
	"errors"
	"strings"
	"testing"
)

func TestStatus(t *testing.T) {
	for _, test := range []struct {
		status Status
		want   string
		ok     bool
	}{
		{Status{}, "exit status 0", true},
		{Status{Code: 3}, "exit status 3", false},
		{Status{Code: -1, Signal: "SIGKILL"}, "signal: SIGKILL", false},
		{Status{Code: -1, Signal: "40"}, "signal: 40", false},
		{Status{Err: errors.New("no such process")}, "exit status unknown", false},
		{Status{Code: 1<<31 - 1}, "exit status 2147483647", false},
	} {
		if got := test.status.String(); got != test.want || test.status.OK() != test.ok {
			t.Errorf("%+v is %q, %t", test.status, got, test.status.OK())
		}
	}
}

// FuzzStatus: whatever the status, it fits a close frame's reason (RFC 6455
// 5.5), is one line, and says "exit status 0" only when all is well.
func FuzzStatus(f *testing.F) {
	f.Add(0, "", false)
	f.Add(-1, "SIGSEGV", false)
	f.Add(0, "", true)
	f.Fuzz(func(t *testing.T, code int, signal string, failed bool) {
		s := Status{Code: code}
		if failed {
			s.Err = errors.New("failed")
		}
		if strings.HasPrefix(signal, "SIG") && len(signal) < 20 && !strings.ContainsAny(signal, "\r\n") {
			s.Signal = signal
		}
		text := s.String()
		if text == "" || len(text) > 123 || strings.ContainsAny(text, "\r\n") {
			t.Errorf("%+v is %q", s, text)
		}
		if s.OK() != (text == "exit status 0") {
			t.Errorf("%+v is %q, OK is %t", s, text, s.OK())
		}
	})
}
