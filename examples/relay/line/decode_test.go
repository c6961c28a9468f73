package line

import (
	"encoding/json"
	"errors"
	"testing"
	"unicode/utf8"
)

type anyRequest struct {
	Type string          `json:"type"`
	Data json.RawMessage `json:"data"`
}

func TestDecode(t *testing.T) {
	for text, ok := range map[string]bool{
		`{"type":"x","data":[1]}`:  true,
		"\t {} \r":                 true,
		``:                         false,
		`1`:                        false,
		`null`:                     false,
		`["x"]`:                    false,
		`{"type":1}`:               false,
		`{"else":1}`:               false,
		`{"type":"x"`:              false,
		`{"type":"x"}{"type":"x"}`: false,
		`{"type":"x"} and`:         false,
		"{\"type\":\"\xff\"}":      false,
		"{\"type\":\"x\"}\x00":     false,
		"{\"type\":\"\xed\xa0\x80": false,
	} {
		if err := (Line{Text: []byte(text)}).Decode(&anyRequest{}); (err == nil) != ok {
			t.Errorf("%q: %v, want an error: %v", text, err, !ok)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{`{"type":"x","data":{"a":[1,"ü"]}}`, `{"data":"\ud800"}`, `{`, "\xff"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var r anyRequest
		err := (Line{Text: text}).Decode(&r)
		if _, fault := errors.AsType[*Error](err); err != nil && !fault {
			t.Fatalf("%v is no *Error", err)
		}
		if err != nil {
			return
		}
		// What is passed on is one line of UTF-8.
		out, err := json.Marshal(r)
		if err != nil && len(r.Data) > 0 {
			t.Fatalf("encoding again: %v", err)
		}
		if !utf8.Valid(out) {
			t.Fatalf("%q is not UTF-8", out)
		}
	})
}
