//go:build e2e

package proxy_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"wsd/server/servertest"
)

// scratch makes $1 a copy of this machine in memory, with this folder in /root and
// with processes and a network of its own, and runs commands.sh there as root.
const scratch = `
mount -t tmpfs scratch "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" scratch "$1/root"
mount --rbind /dev "$1/root/dev"
mount -t proc proc "$1/root/proc"
mount -t tmpfs -o mode=755 run "$1/root/run"
mkdir -p "$1/root/run/lock" "$1/root/run/haproxy"
ip link set lo up
mkdir "$1/root/root/proxy"
cp ./* "$1/root/root/proxy"
install "$2" "$1/root/usr/local/bin/wsd"
install "$3/systemctl" "$1/root/usr/local/bin/systemctl"
export PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
chroot "$1/root" userdel wsd 2>/dev/null || : # if this machine has been prepared itself
cat "$3/commands.sh" >"$1/root/root/commands.sh"
exec chroot "$1/root" sh -exc 'cd /root/proxy; . ../commands.sh'
`

// systemctl stands for systemd, which can't run in the scratch copy: it does what
// wsd-local.service, haproxy-wsd.conf and the units of Debian's packages say. That
// systemd understands the two, systemd-analyze says.
const systemctl = `#!/bin/sh
set -e
setting() { sed -n "s/^$1=//p" /etc/systemd/system/wsd-local.service; }
[ "$1" = enable ] || [ "$1" = restart ] || exit 0
shift
for unit; do
	case $unit in
	wsd-local)
		if [ -e /run/wsd.pid ]; then
			kill "$(cat /run/wsd.pid)"
			tail --pid="$(cat /run/wsd.pid)" -f /dev/null
			rm /run/wsd.log
		fi
		install -d -o "$(setting User)" -g "$(setting Group)" -m "$(setting RuntimeDirectoryMode)" "/run/$(setting RuntimeDirectory)"
		mkfifo /run/wsd.log
		setpriv --reuid="$(setting User)" --regid="$(setting Group)" --init-groups --no-new-privs $(setting ExecStart) 2>/run/wsd.log &
		echo $! >/run/wsd.pid
		exec 3</run/wsd.log
		grep -m1 listening <&3
		cat <&3 &
		;;
	apache2) apachectl start ;;
	nginx) nginx ;;
	haproxy)
		view=$(sed -n s/^BindReadOnlyPaths=//p /etc/systemd/system/haproxy.service.d/wsd.conf)
		mkdir -p "${view#*:}"
		mount --bind "${view%:*}" "${view#*:}"
		haproxy -D -f /etc/haproxy/haproxy.cfg
		;;
	caddy)
		setpriv --reuid=caddy --regid=caddy --init-groups --inh-caps=+net_bind_service --ambient-caps=+net_bind_service \
			env HOME=/var/lib/caddy caddy start --config /etc/caddy/Caddyfile
		;;
	esac
done
`

// TestPrepare follows README.md for each proxy in a scratch copy of this machine:
// the commands that prepare it, and then the one that shows that the proxy reaches
// wsd. All files are as they are shipped, and so are the ports.
func TestPrepare(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can prepare a machine")
	}
	for _, tool := range []string{"unshare", "ip", "setpriv", "openssl", "curl", "systemd-analyze"} {
		servertest.Tool(t, tool)
	}
	if err := exec.Command("unshare", "--mount", "--net", "--pid", "--fork", "true").Run(); err != nil {
		servertest.Missing(t, "the right to make namespaces")
	}
	for proxy, program := range map[string]string{"Apache": "apache2", "nginx": "nginx", "HAProxy": "haproxy", "Caddy": "caddy"} {
		t.Run(proxy, func(t *testing.T) {
			servertest.Tool(t, program)
			prepare, ask := readme(t, proxy)
			dir := servertest.Dir(t)
			servertest.Write(t, filepath.Join(dir, "systemctl"), systemctl, 0o755)
			servertest.Write(t, filepath.Join(dir, "commands.sh"), prepare+`
systemd-analyze verify --man=no --recursive-errors=no /etc/systemd/system/wsd-local.service `+program+`.service
mkfifo /run/answer
(`+ask+`) 2>/run/answer &
grep -m1 '< HTTP' /run/answer
`, 0o600)
			root := filepath.Join(dir, "scratch")
			if err := os.Mkdir(root, 0o755); err != nil {
				t.Fatal(err)
			}
			p := servertest.Start(t, exec.Command("unshare", "--mount", "--net", "--pid", "--fork", "--kill-child",
				"sh", "-ec", scratch, "sh", root, servertest.Build(t), dir))
			if status := p.Wait(); status != 0 || !strings.Contains(p.Log.Text(), "< HTTP/1.1 101 ") {
				t.Errorf("exit status %d", status)
			}
		})
	}
}

// readme returns the commands of README.md that prepare a machine for a proxy, and
// the command that asks it for a WebSocket.
func readme(t *testing.T, proxy string) (prepare, ask string) {
	t.Helper()
	blocks := regexp.MustCompile("(?s)```sh\n(.*?)\n```").FindAllStringSubmatch(servertest.Read(t, "README.md"), 2)
	paragraphs := strings.Split(blocks[0][1], "\n\n")
	for i, paragraph := range paragraphs {
		if i < 2 || strings.HasPrefix(paragraph, "# "+proxy) { // the first two are for every proxy
			prepare += paragraph + "\n"
		}
	}
	if !strings.Contains(prepare, "# "+proxy) || !strings.Contains(blocks[1][1], "curl ") {
		t.Fatalf("README.md does not begin with what prepares a machine for %s", proxy)
	}
	return prepare, blocks[1][1]
}
