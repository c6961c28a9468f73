//go:build e2e && unix

package proxy_test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"wsd/server/servertest"
)

// apacheMain is what Debian's apache2.conf and ports.conf have, as far as it is
// needed: modules, addresses, users, and files in the stage's folder.
const apacheMain = `ServerRoot %[1]s
PidFile %[1]s/apache.pid
DefaultRuntimeDir %[1]s
ErrorLog /dev/stderr
LogLevel notice proxy:info ssl:error
ServerName localhost
Listen %[2]s
Listen %[3]s
%[4]s
Include %[5]s
`

// apacheModules are those that each of the shipped files needs.
var apacheModules = []string{"mpm_event", "authz_core", "headers", "socache_shmcb", "ssl", "rewrite", "proxy"}

// startApache starts Apache with apache-site.conf, and in it a shipped file
// with lines about wsd, which needs the given modules.
func startApache(file string, modules ...string) func(*testing.T, *stage, string, *upstreams, string) *servertest.Process {
	return func(t *testing.T, s *stage, program string, u *upstreams, idle string) *servertest.Process {
		t.Helper()
		wsd := s.fill(t, file, append(u.pairs(), "timeout="+shippedIdle, "timeout="+idle, "Timeout "+shippedIdle, "Timeout "+idle)...)
		site := s.fill(t, "apache-site.conf",
			"*:80>", s.plain+">", "*:443>", s.tls+">",
			"/etc/apache2/wsd.conf", wsd,
			"/etc/ssl/wsd/fullchain.pem", s.cert,
			"/etc/ssl/wsd/privkey.pem", s.key)
		var extra strings.Builder
		for _, module := range append(apacheModules[:len(apacheModules):len(apacheModules)], modules...) {
			fmt.Fprintf(&extra, "LoadModule %[1]s_module /usr/lib/apache2/modules/mod_%[1]s.so\n", module)
		}
		if os.Geteuid() == 0 {
			extra.WriteString("User www-data\nGroup www-data\n")
		}
		config := s.write(t, "main.conf", fmt.Sprintf(apacheMain, s.dir, s.plain, s.tls, extra.String(), site))
		proxy := servertest.Start(t, exec.Command(program, "-D", "FOREGROUND", "-f", config))
		proxy.Log.WaitText(t, 1, "resuming normal operations")
		return proxy
	}
}
