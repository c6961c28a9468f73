//go:build !unix

package main

// dropSupported says whether a process can change its user.
const dropSupported = false

func isRoot() bool { return false }

func (a *account) isCurrent() bool { return false }

func (a *account) become() error { return nil }
