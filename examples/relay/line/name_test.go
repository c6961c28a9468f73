package line

import (
	"strings"
	"testing"
)

func TestCheckName(t *testing.T) {
	for name, ok := range map[string]bool{
		"pi":                    true,
		"Küche 2":               true,
		"<script>":              true, // shown as a text
		"日本":                    true,
		strings.Repeat("ü", 32): true,
		strings.Repeat("ü", 33): false,
		"":                      false,
		" pi":                   false,
		"pi\t":                  false,
		"p\ni":                  false,
		"p\x00i":                false,
		"p\u202ei":              false, // turns the direction of writing
		"p\u200bi":              false, // can't be seen
		"p\u00a0i":              false,
		"p\xffi":                false,
		"p\ufffdi":              false,
	} {
		if err := CheckName(name); (err == nil) != ok {
			t.Errorf("%q: %v, want an error: %v", name, err, !ok)
		}
	}
}
