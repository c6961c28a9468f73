package main

import (
	"strings"

	"wsd/server"
)

// setOrigins splits --origin; server.New checks the entries. An empty flag counts
// as not given, as in websocketd.
func (f *flags) setOrigins(cfg *server.Config) error {
	for entry := range strings.SplitSeq(f.Origin, ",") {
		if entry = strings.TrimSpace(entry); entry != "" { // "" follows a trailing comma
			cfg.Origins = append(cfg.Origins, entry)
		}
	}
	if f.Origin != "" && len(cfg.Origins) == 0 {
		// A slip must not let everybody in.
		return usage("leave --origin out to allow any", "--origin=%s names no origin", f.Origin)
	}
	return nil
}
