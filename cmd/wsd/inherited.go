package main

import "strings"

// The names of inherited sockets that mean something to wsd: FileDescriptorName=
// in a .socket unit. Any other is only shown in the log.
const (
	namePlain    = "plain"    // no TLS on this one, even with --ssl
	nameRedirect = "redirect" // plain HTTP requests are redirected to the main port
)

// managed are the variables by which a service manager talks to the process
// that it has started. They are not for that process's children, not even with
// --passenv: see sd_listen_fds(3), sd_notify(3) and sd_watchdog_enabled(3).
var managed = []string{
	"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC",
}

// isManaged reports whether variable, KEY=VALUE, is one of managed.
func isManaged(variable string) bool {
	for _, name := range managed {
		if strings.HasPrefix(variable, name+"=") {
			return true
		}
	}
	return false
}
