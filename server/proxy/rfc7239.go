package proxy

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"wsd/server/host"
)

// forwardedElement is what one proxy says about the hop before it (RFC 7239,
// section 4). What it does not say is empty.
type forwardedElement struct {
	node, proto, host string // for=, proto= and host=
}

// readForwarded reads Forwarded. Each proxy on the way has its own element, so
// scheme and host come from the one that names the client. It returns nil when
// there is no such header.
//
// The lines of the header are read one by one, the last one first: a proxy that
// adds a line of its own is understood whatever is in the lines before it.
func readForwarded(h http.Header, trust Trusted) (*claim, error) {
	lines := h.Values("Forwarded")
	if len(lines) == 0 {
		return nil, nil
	}
	var c claim
	var errs error
	for _, line := range slices.Backward(lines) {
		elements, err := parseForwarded(line)
		if err != nil {
			return &claim{named: true}, errors.Join(errs, fmt.Errorf("header Forwarded: %.255q: %w", line, err))
		}
		for _, e := range slices.Backward(elements) {
			more, err := c.element(e, trust)
			errs = errors.Join(errs, err)
			if !more {
				return &c, errs
			}
		}
	}
	return &c, errs
}

// element applies what the next proxy on the way to the client says; see hop.
func (c *claim) element(e forwardedElement, trust Trusted) (more bool, err error) {
	c.scheme, c.host = normalScheme(e.proto), host.Normal(e.host, "")
	if e.proto != "" && c.scheme == "" {
		err = fmt.Errorf("header Forwarded: ignored proto=%.255q", e.proto)
	}
	if e.host != "" && c.host == "" {
		err = errors.Join(err, fmt.Errorf("header Forwarded: ignored host=%.255q", e.host))
	}
	if e.node == "" {
		if c.named { // a trusted proxy, which does not say who its client is
			*c = claim{named: true, scheme: c.scheme, host: c.host}
		}
		return false, err
	}
	more = c.hop(e.node, trust)
	if !c.addr.IsValid() {
		err = errors.Join(err, fmt.Errorf("header Forwarded: for=%.255q is not an address", e.node))
	}
	return more, err
}

var (
	errForwardedPair  = errors.New("not a list of name=value")
	errForwardedQuote = errors.New("a quoted string does not end")
	errForwardedTwice = errors.New("a parameter appears twice")
)

// parseForwarded reads one line of Forwarded: elements separated by commas, each
// of pairs separated by semicolons (RFC 7239, section 4). Spaces around both
// separators are accepted, and parameters of other names are ignored.
func parseForwarded(line string) ([]forwardedElement, error) {
	var elements []forwardedElement
	seen := map[string]bool{}
	e := forwardedElement{}
	for rest := line; ; {
		rest = strings.TrimLeft(rest, " \t")
		if rest != "" && rest[0] != ',' && rest[0] != ';' {
			name, value, after, err := parsePair(rest)
			if err != nil {
				return nil, err
			}
			if seen[name] {
				return nil, errForwardedTwice
			}
			seen[name] = true
			e.set(name, value)
			rest = strings.TrimLeft(after, " \t")
		}
		if rest != "" && rest[0] == ';' {
			rest = rest[1:]
			continue
		}
		if rest != "" && rest[0] != ',' {
			return nil, errForwardedPair
		}
		if len(seen) > 0 { // an empty element of a list does not count
			elements = append(elements, e)
			e = forwardedElement{}
			clear(seen)
		}
		if rest == "" {
			return elements, nil
		}
		rest = rest[1:]
	}
}

func (e *forwardedElement) set(name, value string) {
	switch name {
	case "for":
		e.node = value
	case "proto":
		e.proto = value
	case "host":
		e.host = value
	}
}

// parsePair reads token=value, where value is a token or a quoted string (RFC
// 9110, sections 5.6.2 and 5.6.4). name is in lower case.
func parsePair(s string) (name, value, after string, err error) {
	name, s = cutToken(s)
	s, ok := strings.CutPrefix(s, "=")
	if name == "" || !ok {
		return "", "", "", errForwardedPair
	}
	if strings.HasPrefix(s, `"`) {
		value, after, err = cutQuoted(s)
	} else {
		value, after = cutToken(s)
	}
	if err == nil && value == "" {
		err = errForwardedPair
	}
	return strings.ToLower(name), value, after, err
}

// cutToken cuts a token off the front of s. It is empty when there is none.
func cutToken(s string) (token, after string) {
	end := strings.IndexFunc(s, func(c rune) bool {
		return c <= ' ' || c >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, c)
	})
	if end < 0 {
		end = len(s)
	}
	return s[:end], s[end:]
}

// cutQuoted cuts a quoted string off the front of s, which begins with one, and
// removes its quotes and backslashes.
func cutQuoted(s string) (value, after string, err error) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '"':
			return b.String(), s[i+1:], nil
		case '\\':
			if i++; i == len(s) {
				return "", "", errForwardedQuote
			}
		}
		b.WriteByte(s[i])
	}
	return "", "", errForwardedQuote
}
