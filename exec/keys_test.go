package exec

import (
	"bytes"
	"slices"
	"testing"
)

// read is what a terminal in line mode makes of keys: the pieces that it passes
// to its reader. An empty piece would be an EOF. rest is what it keeps back.
func read(keys []byte) (pieces [][]byte, rest []byte) {
	literal := false
	for _, k := range keys {
		switch {
		case literal:
			rest, literal = append(rest, k), false
		case k == literalKey:
			literal = true
		case k == endKey:
			pieces, rest = append(pieces, rest), nil
		case k == '\n':
			pieces, rest = append(pieces, append(rest, k)), nil
		default:
			rest = append(rest, k)
		}
	}
	return pieces, rest
}

func checkKeys(t *testing.T, data []byte) {
	t.Helper()
	var got []byte
	for b := data; len(b) > 0; {
		keys, taken := keysFor(b)
		if taken <= 0 || taken > len(b) {
			t.Fatalf("took %d of %d", taken, len(b))
		}
		b = b[taken:]
		pieces, rest := read(keys)
		for _, piece := range pieces {
			if len(piece) == 0 || len(piece) > longestLine+1 {
				t.Fatalf("a piece of %d bytes", len(piece))
			}
			got = append(got, piece...)
		}
		if len(rest) > 0 {
			t.Fatalf("%q is kept back", rest)
		}
	}
	if !bytes.Equal(got, data) {
		t.Errorf("%q became %q", data, got)
	}
}

// checkTorn: when a write ends after any number of keys, what is owed and what
// has not been taken complete it.
func checkTorn(t *testing.T, data []byte, done int) {
	t.Helper()
	keys, _ := keysFor(data)
	done = min(max(done, 0), len(keys))
	taken, owed := typed(keys, done)
	rest, _ := keysFor(data[taken:])
	pieces, kept := read(slices.Concat(keys[:done], owed, rest))
	for _, piece := range pieces {
		if len(piece) == 0 || len(piece) > longestLine+1 {
			t.Errorf("a piece of %d bytes", len(piece))
		}
	}
	if want := data[:min(len(data), taken+mostKeyed)]; !bytes.Equal(slices.Concat(pieces...), want) || len(kept) > 0 {
		t.Errorf("%q, torn after %d keys, became %q and %q", data, done, pieces, kept)
	}
}

func keySeeds() [][]byte {
	return [][]byte{
		nil,
		[]byte("a line\n"),
		[]byte("no line"),
		[]byte("\n\n"),
		everyByte(),
		{endKey}, {literalKey}, {literalKey, endKey}, {endKey, '\n'}, {literalKey, '\n'},
		bytes.Repeat([]byte{endKey}, 3*longestLine),
		bytes.Repeat([]byte{literalKey}, mostKeyed+1),
		bytes.Repeat([]byte("x"), longestLine),
		append(bytes.Repeat([]byte("x"), longestLine), '\n'),
		append(bytes.Repeat([]byte("x"), 3*longestLine-1), '\n'),
		append(bytes.Repeat([]byte("x"), mostKeyed), '\n'),
		bytes.Repeat(everyByte(), 100),
	}
}

func TestKeys(t *testing.T) {
	for _, data := range keySeeds() {
		checkKeys(t, data)
		for done := range 300 {
			checkTorn(t, data, done)
		}
	}
}

func FuzzKeys(f *testing.F) {
	for i, data := range keySeeds() {
		f.Add(data, i*i)
	}
	f.Fuzz(func(t *testing.T, data []byte, done int) {
		checkKeys(t, data)
		checkTorn(t, data, done)
	})
}
