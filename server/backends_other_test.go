//go:build !unix

package server

// platformSteps are steps of a backend that only this platform has.
var platformSteps = map[string]func(arg string){}
