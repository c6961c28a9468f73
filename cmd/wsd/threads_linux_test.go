package main

import (
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"wsd/server/files"
	"wsd/server/servertest"
)

// TestColdFiles has many files that take long to open, each of which would hold a
// thread. A write lease (F_SETLEASE in fcntl(2)) makes them so. Only as many threads
// are held as wsd has in reserve: it would end if it could not get another.
func TestColdFiles(t *testing.T) {
	const clients = 4 * files.GateWidth
	dir := t.TempDir()
	broken := make(chan os.Signal, clients)
	signal.Notify(broken, unix.SIGIO) // somebody wants to open a file
	defer signal.Stop(broken)
	var leases []*os.File
	for i := range clients {
		file, err := os.Create(filepath.Join(dir, fmt.Sprint(i)))
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		if _, err := unix.FcntlInt(file.Fd(), unix.F_SETLEASE, unix.F_WRLCK); err != nil {
			servertest.Missing(t, "leases of files")
		}
		leases = append(leases, file)
	}
	wanted := func() (n int) {
		for _, file := range leases {
			if lease, _ := unix.FcntlInt(file.Fd(), unix.F_GETLEASE, 0); lease != unix.F_WRLCK {
				n++
			}
		}
		return n
	}
	server := servertest.Serve(t, "--staticdir="+dir, "cat")
	server.Dial("/").WantEcho("hello")
	before := server.Status("Threads")
	var waiting []*servertest.Client
	for i := range clients {
		c := server.Client()
		c.Write(fmt.Appendf(nil, "GET /%d HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", i))
		waiting = append(waiting, c)
	}
	for wanted() < files.GateWidth {
		<-broken
	}
	server.Dial("/").WantEcho("hello")
	if n, threads := wanted(), server.Status("Threads"); n > files.GateWidth || threads > before {
		t.Errorf("%d files are being opened, by %d threads instead of %d", n, threads, before)
	}
	for _, file := range leases {
		if _, err := unix.FcntlInt(file.Fd(), unix.F_SETLEASE, syscall.F_UNLCK); err != nil {
			t.Error(err)
		}
	}
	for i, c := range waiting {
		if answer := c.ReadAnswer(); answer.StatusCode != 200 {
			t.Errorf("file %d: %s", i, answer.Status)
		}
	}
}
