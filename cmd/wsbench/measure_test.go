package main

import "testing"

func TestFormat(t *testing.T) {
	for _, test := range []struct {
		m     measure
		value float64
		want  string
	}{
		{messageRate, 11_234_567, "11.2 M"},
		{messageRate, 220_400, "220 k"},
		{messageRate, 1_500, "1.50 k"},
		{connectionRate, 663.4, "663"},
		{messageCPU, 43e-9, "43 ns"},
		{messageCPU, 4.42e-6, "4.42 µs"},
		{median50, 1.32e-3, "1.32 ms"},
		{childrenGone, 2.5, "2.50 s"},
		{sessionMemory, 24.5 * 1024, "24.5 KiB"},
		{sessionMemory, -12 * 1024, "-12.0 KiB"},
		{sessionThreads, 9, "9"},
	} {
		if got := test.m.format(test.value); got != test.want {
			t.Errorf("%s of %v: got %q, want %q", test.m, test.value, got, test.want)
		}
	}
}
