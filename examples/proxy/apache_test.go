//go:build e2e && unix

package proxy_test

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
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
ServerName localhost
Listen %[2]s
Listen %[3]s
%[4]s
Include %[5]s
`

// modulesOf returns the modules that the comments of shipped files name, and of
// Debian's own those without which nothing works.
func modulesOf(t *testing.T, files ...string) []string {
	t.Helper()
	modules := []string{"mpm_event", "authz_core"}
	for _, file := range files {
		named := regexp.MustCompile(`(?m)^#   a2enmod (.+)$`).FindStringSubmatch(servertest.Read(t, file))
		if named == nil {
			t.Fatalf("%s names no modules", file)
		}
		for name := range strings.FieldsSeq(named[1]) {
			if !slices.Contains(modules, name) {
				modules = append(modules, name)
			}
		}
	}
	return modules
}

// load returns the lines that load modules.
func load(modules []string) string {
	var lines strings.Builder
	for _, module := range modules {
		fmt.Fprintf(&lines, "LoadModule %[1]s_module /usr/lib/apache2/modules/mod_%[1]s.so\n", module)
	}
	return lines.String()
}

// TestApacheModules reads each shipped file with the modules that its own comment
// names, and then without each of them. Those for a scheme of ProxyPass are missed
// only when a request comes: TestProxies and TestApacheSite make some.
func TestApacheModules(t *testing.T) {
	program := servertest.Tool(t, "apache2")
	for _, file := range []string{"apache.conf", "apache-wstunnel.conf", "apache-site.conf"} {
		t.Run(file, func(t *testing.T) {
			s := newStage(t)
			site := fmt.Sprintf("<VirtualHost %s>\nInclude %s\n</VirtualHost>\n", s.plain, s.fill(t, file))
			if file == "apache-site.conf" {
				site = "Include " + s.fill(t, file, "/etc/apache2/wsd.conf", s.write(t, "wsd.conf", ""),
					"/etc/ssl/wsd/fullchain.pem", s.cert, "/etc/ssl/wsd/privkey.pem", s.key)
			}
			check := func(modules []string) (string, error) {
				config := s.write(t, "main.conf", fmt.Sprintf(apacheMain, s.dir, s.plain, s.tls, load(modules), s.write(t, "included", site)))
				out, err := exec.Command(program, "-t", "-f", config).CombinedOutput()
				return string(out), err
			}
			modules := modulesOf(t, file)
			if out, err := check(modules); err != nil {
				t.Fatalf("with %v: %v\n%s", modules, err, out)
			}
			for i, module := range modules[2:] {
				if strings.HasPrefix(module, "proxy_") {
					continue
				}
				if _, err := check(slices.Delete(slices.Clone(modules), i+2, i+3)); err == nil {
					t.Errorf("it is fine without %s, too", module)
				}
			}
		})
	}
}

// startApache starts Apache with apache-site.conf, and in it a shipped file
// with lines about wsd, with the modules that both name, except for some.
func startApache(file string, except ...string) func(*testing.T, *stage, string, *upstreams, string) *servertest.Process {
	return func(t *testing.T, s *stage, program string, u *upstreams, idle string) *servertest.Process {
		t.Helper()
		wsd := s.fill(t, file, append(u.pairs(), "timeout="+shippedIdle, "timeout="+idle, "Timeout "+shippedIdle, "Timeout "+idle)...)
		site := s.fill(t, "apache-site.conf",
			"*:80>", s.plain+">", "*:443>", s.tls+">",
			"/etc/apache2/wsd.conf", wsd,
			"/etc/ssl/wsd/fullchain.pem", s.cert,
			"/etc/ssl/wsd/privkey.pem", s.key)
		extra := load(slices.DeleteFunc(modulesOf(t, file, "apache-site.conf"), func(module string) bool {
			return slices.Contains(except, module)
		}))
		extra += "LogLevel notice proxy:info ssl:error\n"
		if os.Geteuid() == 0 {
			extra += "User www-data\nGroup www-data\n"
		}
		config := s.write(t, "main.conf", fmt.Sprintf(apacheMain, s.dir, s.plain, s.tls, extra, site))
		proxy := servertest.Start(t, exec.Command(program, "-D", "FOREGROUND", "-f", config))
		proxy.Log.WaitText(t, 1, "resuming normal operations")
		return proxy
	}
}
