//go:build !unix

package main

import "wsd/server"

// inherit returns no sockets: nobody hands any over on this platform.
func inherit() ([]server.Inherited, error) { return nil, nil }
