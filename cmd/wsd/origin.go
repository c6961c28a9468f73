package main

import "wsd/server"

// setOrigins splits --origin; server.New checks the entries.
func (f *flags) setOrigins(cfg *server.Config) error {
	cfg.Origins = splitList(f.Origin)
	if f.Origin != "" && len(cfg.Origins) == 0 {
		// A slip must not let everybody in.
		return usage("leave --origin out to allow any", "--origin=%s names no origin", f.Origin)
	}
	return nil
}
