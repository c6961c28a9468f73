package main

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestAnswer(t *testing.T) {
	for question, want := range map[string]reply{
		`{"id":1,"ask":"echo","text":"<b>"}`: {ID: 1, Answer: "<b>"},
		`{"id":2,"ask":"echo"}`:              {ID: 2, Error: "the text to echo must have 1 to 1024 bytes"},
		`{"id":3,"ask":"sh","text":"id"}`:    {ID: 3, Error: "ask for hostname, uptime or echo"},
		`{"id":"x","ask":"echo"}`:            {Error: "a question is an object with id, ask and text"},
		`7`:                                  {Error: "a question is an object with id, ask and text"},
		``:                                   {Error: "a question is an object with id, ask and text"},
		`{"id":4,"ask":"echo","text":"` + strings.Repeat("x", maxEcho+1) + `"}`: {ID: 4, Error: "the text to echo must have 1 to 1024 bytes"},
	} {
		if got := answer([]byte(question)); got != want {
			t.Errorf("%.60s: got %+v, want %+v", question, got, want)
		}
	}
	for _, ask := range []string{"hostname", "uptime"} {
		got := answer([]byte(`{"id":5,"ask":"` + ask + `"}`))
		if got.ID != 5 || (got.Answer == "") == (got.Error == "") {
			t.Errorf("%s: got %+v", ask, got)
		}
	}
}

func FuzzAnswer(f *testing.F) {
	for _, seed := range []string{`{"id":1,"ask":"echo","text":"x"}`, `{"ask":"uptime"}`, "\xff"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		text, err := json.Marshal(answer(data))
		if err != nil || len(text) > 8*maxEcho || !utf8.Valid(text) {
			t.Errorf("%d bytes, %v", len(text), err)
		}
	})
}
