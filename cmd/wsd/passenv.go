package main

import (
	"slices"
	"strings"
)

// serversOwn say how the client connected and who it is, which only the server
// knows; it does not set them for every client.
var serversOwn = []string{"HTTPS", "SSL_CLIENT_VERIFY", "SSL_CLIENT_S_DN"}

// passEnv picks the variables with these names, comma-separated, out of
// environ. Those that are not set are left out, and newlines in their values
// become spaces, as in websocketd.
func passEnv(names string, environ []string) ([]string, error) {
	var env []string
	oneLine := strings.NewReplacer("\n", " ", "\r", " ")
	for name := range strings.SplitSeq(names, ",") {
		name = strings.TrimSpace(name)
		if strings.ContainsAny(name, "=\x00") {
			return nil, usage("it takes names only, such as --passenv=PATH,HOME", "--passenv: %q is not a valid variable name", name)
		}
		if name == "" || slices.ContainsFunc(serversOwn, func(own string) bool { return sameName(name, own) }) {
			continue
		}
		for _, variable := range environ {
			if own, _, ok := strings.Cut(variable, "="); ok && sameName(own, name) {
				env = append(env, oneLine.Replace(variable))
				break
			}
		}
	}
	return env, nil
}
