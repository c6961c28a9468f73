package main

import "strings"

// defaultPassEnv is the default of --passenv: what programs need to start.
const defaultPassEnv = "PATH,SystemRoot,COMSPEC,PATHEXT,WINDIR"

// sameName reports whether two names mean the same variable.
func sameName(a, b string) bool { return strings.EqualFold(a, b) }
