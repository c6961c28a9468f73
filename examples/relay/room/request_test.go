package room

import (
	"encoding/json"
	"errors"
	"testing"

	"wsd/examples/relay/line"
)

func TestRoomOf(t *testing.T) {
	for query, want := range map[string]string{
		"": "lobby", "room=": "lobby", "else=1": "lobby", "room=a-1": "a-1", "x=y&room=two": "two",
		"room=A": "", "room=a.b": "", "room=*": "", "room=a%00": "", "room=a%0a": "", "room=%zz": "",
	} {
		got, err := roomOf(query)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: got %q, %v, want %q", query, got, err, want)
		}
	}
}

func TestCheckPoint(t *testing.T) {
	for _, c := range []struct {
		in   []float64
		want point
		ok   bool
	}{
		{[]float64{0, 0}, point{}, true},
		{[]float64{1600, 1000}, point{1600, 1000}, true},
		{[]float64{1.25, 3.14159}, point{1.3, 3.1}, true},
		{[]float64{-0.1, 0}, point{}, false},
		{[]float64{0, 1000.1}, point{}, false},
		{[]float64{1}, point{}, false},
		{[]float64{1, 2, 3}, point{}, false},
		{nil, point{}, false},
	} {
		if got, err := checkPoint(c.in); got != c.want || (err == nil) != c.ok {
			t.Errorf("%v: got %v, %v", c.in, got, err)
		}
	}
}

// FuzzStroke looks for a stroke that is taken and can't be kept.
func FuzzStroke(f *testing.F) {
	for _, seed := range []string{
		`{"type":"stroke","color":"#00ff00","width":2,"points":[[1,2],[3,4]]}`,
		`{"type":"stroke","color":"#00ff00","width":40,"points":[[1600,1000]]}`,
		`{"type":"stroke","color":"#00ff00","width":1e308,"points":[[]]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var r request
		if (line.Line{Text: text}).Decode(&r) != nil {
			return
		}
		made, err := newStroke("id", r)
		if err != nil {
			if _, ok := errors.AsType[*line.Error](err); !ok {
				t.Fatalf("%v is no *Error", err)
			}
			return
		}
		kept, err := json.Marshal(made)
		if err != nil {
			t.Fatal(err)
		}
		if len(kept) > maxEdit {
			t.Errorf("the edit has %d bytes", len(kept))
		}
	})
}
