package main

import (
	"strings"

	"github.com/alecthomas/kong"
)

// spell rewrites the flags at the front of args as --name=value, whichever way
// they were spelled: with one dash or two, and with the value in the same word or
// in the next, as Go's flag package reads them. Everything from the first word
// that is not a flag, or from "--", stays as it is.
func spell(args []string, known []*kong.Flag) ([]string, error) {
	var out []string
	for len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' && args[0] != "--" {
		word, value, hasValue := strings.Cut(args[0], "=")
		flag := find(known, strings.TrimPrefix(word[1:], "-"))
		if flag == nil {
			return nil, usage(suggest(word, known), "unknown flag %s", word)
		}
		args = args[1:]
		switch {
		case hasValue:
		case flag.IsBool():
			value = "true"
		case len(args) == 0:
			return nil, usage("write "+flag.String(), "--%s needs a value", flag.Name)
		default:
			value, args = args[0], args[1:]
		}
		out = append(out, "--"+flag.Name+"="+value)
	}
	return append(out, args...), nil
}

// find returns the flag with this long or short name, or nil.
func find(known []*kong.Flag, name string) *kong.Flag {
	for _, flag := range known {
		if name == flag.Name || flag.Short != 0 && name == string(flag.Short) {
			return flag
		}
	}
	return nil
}

// suggest is the hint for a flag that does not exist: the one that was probably
// meant, if any is close, or else the first that begins like it.
func suggest(word string, known []*kong.Flag) string {
	name := strings.ToLower(strings.TrimLeft(word, "-"))
	best, least := "", 3 // three wrong letters make another word
	for _, flag := range known {
		if d := distance(name, flag.Name); d < least && d < len(flag.Name)-1 {
			best, least = flag.Name, d
		}
	}
	for _, flag := range known {
		if best == "" && name != "" && strings.HasPrefix(flag.Name, name) {
			best = flag.Name
		}
	}
	if best == "" {
		return "wsd --help lists the flags"
	}
	return "did you mean --" + best + "?"
}

// distance counts the bytes to insert, delete, replace or swap with a neighbour
// to turn a into b (the optimal string alignment distance).
func distance(a, b string) int {
	// before, last and row are the rows of the table for i-2, i-1 and i.
	before, last := []int(nil), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			replaced := last[j-1]
			if a[i-1] != b[j-1] {
				replaced++
			}
			row[j] = min(replaced, last[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
