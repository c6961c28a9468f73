package main

import (
	"net/http"
	"strings"

	"wsd/server"
)

func (f *flags) setHeaders(cfg *server.Config) error {
	for _, h := range []struct {
		flag  string
		lines []string
		field *http.Header
	}{
		{"header", f.Header, &cfg.Header},
		{"header-ws", f.HeaderWS, &cfg.HeaderWS},
		{"header-http", f.HeaderHTTP, &cfg.HeaderHTTP},
	} {
		for _, line := range h.lines {
			name, value, ok := strings.Cut(line, ":")
			value = strings.Trim(value, " \t")
			switch {
			case !ok:
				return usage("write it as --"+h.flag+`="Name: value"`, "--%s=%q has no colon", h.flag, line)
			case !server.IsToken(name):
				return usage("", "--%s=%q: %q is not a valid header name", h.flag, line, name)
			case strings.ContainsFunc(value, notInField):
				return usage("", "--%s=%q has a control character in its value", h.flag, line)
			}
			if *h.field == nil {
				*h.field = http.Header{}
			}
			h.field.Add(name, value)
		}
	}
	return nil
}

// notInField reports whether a field value must not contain r (RFC 9110 section
// 5.5): a line break in it would begin another header.
func notInField(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }
