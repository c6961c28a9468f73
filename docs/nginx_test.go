//go:build unix

package docs_test

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"wsd/server/servertest"
)

// serveNginx starts nginx with a block in its server { … }, in front of the wsd
// that runs. Its host is ws.example.org.
func (r *reader) serveNginx() {
	nginx := servertest.Tool(r.t, "nginx")
	// nginx takes over a socket that listens already, as in an update of its own
	// program: so nobody else can take the port in between.
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		r.t.Fatal(err)
	}
	defer l.Close()
	socket, err := l.(*net.TCPListener).File()
	if err != nil {
		r.t.Fatal(err)
	}
	defer socket.Close()
	r.nginx = l.Addr().String()
	location := strings.ReplaceAll(port.ReplaceAllString(r.block.text, r.port), "/etc/nginx/", r.dir+"/")
	config := "worker_processes 1;\npid nginx.pid;\nevents {}\nhttp {\naccess_log off;\n"
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		config += kind + "_temp_path " + kind + ";\n"
	}
	config += "server {\nlisten " + r.nginx + ";\nserver_name ws.example.org;\n" + location + "}\n}\n"
	file := servertest.Write(r.t, filepath.Join(r.dir, "nginx.conf"), config, 0o644)
	cmd := exec.Command(nginx, "-p", r.dir, "-e", "stderr", "-c", file, "-g", "daemon off; error_log stderr notice;")
	cmd.Env, cmd.ExtraFiles = append(os.Environ(), "NGINX=3;"), []*os.File{socket}
	servertest.Start(r.t, cmd).Log.WaitText(r.t, 1, "start worker process ")
}
