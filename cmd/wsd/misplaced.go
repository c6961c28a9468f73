package main

import (
	"log/slog"
	"slices"
	"strings"

	"wsd/exec"
)

// commonFlags are those of wsd's flags that many programs have, too. After the
// command, they are the command's.
var commonFlags = strings.Fields("address binary completion dir group header help license loglevel logformat man once origin ssl user version")

// warnMisplaced warns when flags that are probably wsd's follow the command: "wsd
// ./greet.sh --port=8080" listens on port 80. args is the command line that f was
// parsed from.
func (f *flags) warnMisplaced(log *slog.Logger, args []string) {
	before := args[:len(args)-len(f.Command)]
	if len(f.Command) == 0 || slices.Contains(before, "--") {
		return
	}
	moved, rest := f.misplaced(before)
	if len(moved) == 0 {
		return
	}
	first := "wsd "
	if len(before) > 0 {
		first += "… "
	}
	right := first + strings.Join(moved, " ") + " " + exec.Quoted(f.Command[0])
	if rest {
		right += " …"
	}
	log.Warn("flags of wsd's follow the command, which gets them: "+strings.Join(moved, " "),
		"hint", "did you mean: "+right+"? If not, write -- before the command")
}

// misplaced returns the words of the command that are probably flags of wsd's, with
// their values, as a shell takes them, and whether the command has other arguments.
// A flag is not misplaced if it is among the words before the command, too, or if it
// is a common one. --port is common unless wsd has not been told where to listen.
func (f *flags) misplaced(before []string) (moved []string, rest bool) {
	parser, err := newParser(new(flags))
	if err != nil {
		return nil, false // parse has met it before
	}
	known := parser.Model.Flags
	given, _ := spell(before, known) // parse has met its error before
	listens := f.Port != nil || len(f.Address) > 0 || f.UnixSocket != "" || len(f.Inherited) > 0
	for words := f.Command[1:]; len(words) > 0; words = words[1:] {
		word := words[0]
		if word == "--" {
			return moved, true
		}
		text, isLong := strings.CutPrefix(word, "--")
		name, _, hasValue := strings.Cut(text, "=")
		flag := find(known, name)
		has := func(word string) bool { return strings.HasPrefix(word, "--"+name+"=") }
		switch {
		case !isLong || flag == nil || name != flag.Name || slices.Contains(commonFlags, name) || name == "port" && listens || slices.ContainsFunc(given, has):
			rest = true
			continue
		case !hasValue && !flag.IsBool() && len(words) > 1:
			words = words[1:]
			word += "=" + words[0]
		}
		moved = append(moved, exec.Quoted(word))
	}
	return moved, rest
}
