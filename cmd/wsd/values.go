package main

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

// switchValue decodes what Go's flag package accepts as a bool: 1, t, true, T,
// TRUE, True and their opposites.
type switchValue struct{}

func (switchValue) IsBool() bool { return true }

func (switchValue) Decode(ctx *kong.DecodeContext, target reflect.Value) error {
	word := ctx.Scan.Pop().String()
	on, err := strconv.ParseBool(word)
	if err != nil {
		return fmt.Errorf("%q is neither true nor false", word)
	}
	target.SetBool(on)
	return nil
}

// decodeNumber decodes what Go's flag package accepts as an int, including base
// prefixes and underscores.
func decodeNumber(ctx *kong.DecodeContext, target reflect.Value) error {
	word := ctx.Scan.Pop().String()
	n, err := strconv.ParseInt(word, 0, target.Type().Bits())
	switch {
	case errors.Is(err, strconv.ErrRange):
		return fmt.Errorf("%s is out of range", word)
	case err != nil:
		return fmt.Errorf("%q is not a whole number", word)
	}
	target.SetInt(n)
	return nil
}

// decodeTime decodes a length of time with its units, or 0.
func decodeTime(ctx *kong.DecodeContext, target reflect.Value) error {
	word := ctx.Scan.Pop().String()
	d, err := time.ParseDuration(word)
	switch {
	case err != nil:
		return hinted("write it as 90s, 10m or 1h30m", "%q is not a length of time", word)
	case d < 0:
		return hinted("0 turns it off", "%s is negative", word)
	}
	target.SetInt(int64(d))
	return nil
}

// splitList returns the entries of a list, separated by commas. An empty one, as behind
// a trailing comma, is left out.
func splitList(list string) (entries []string) {
	for entry := range strings.SplitSeq(list, ",") {
		if entry = strings.TrimSpace(entry); entry != "" {
			entries = append(entries, entry)
		}
	}
	return entries
}

// decodeText takes a word as it is. kong's own decoder passes it through JSON,
// which damages file names and arguments that are not UTF-8.
func decodeText(ctx *kong.DecodeContext, target reflect.Value) error {
	word := ctx.Scan.Pop().String()
	if word == "" && ctx.Value.Tag.Get("empty") == "refused" {
		return hinted("is a variable unset? To do without --"+ctx.Value.Name+", leave it out", "the value is empty")
	}
	target.SetString(word)
	return nil
}
