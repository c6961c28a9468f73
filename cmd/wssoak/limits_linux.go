package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// runsHere is whether this platform has /proc, which a soak needs.
const runsHere = true

// machineLimits are the limits of this process and of the daemons that it starts.
func machineLimits() limits {
	l := limits{memory: availableMemory()}
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &limit) == nil && limit.Max < 1<<30 {
		l.descriptors = int(limit.Max) // a Go program raises its own limit to this one
	}
	if unix.Getrlimit(unix.RLIMIT_NPROC, &limit) == nil && limit.Cur < 1<<30 && os.Geteuid() != 0 {
		l.processes = int(limit.Cur) // not a limit for root
	}
	for _, name := range []string{"pid_max", "threads-max"} {
		text, err := os.ReadFile("/proc/sys/kernel/" + name)
		if n, _ := strconv.Atoi(strings.TrimSpace(string(text))); err == nil && (l.processes == 0 || n < l.processes) {
			l.processes = n
		}
	}
	return l
}

// availableMemory is in bytes; 0 when it is not known.
func availableMemory() (n int64) {
	info, _ := os.ReadFile("/proc/meminfo")
	_, kilobytes, _ := strings.Cut(string(info), "MemAvailable:")
	_, _ = fmt.Sscan(kilobytes, &n)
	return n << 10
}

// killBackends kills the processes that have file as an argument. There are none,
// unless a daemon was killed or has lost a child.
func killBackends(file string) {
	names, _ := os.ReadDir("/proc")
	for _, name := range names {
		pid, err := strconv.Atoi(name.Name())
		if err != nil || pid == os.Getpid() {
			continue
		}
		p, err := os.FindProcess(pid) // a handle first, so that it can't be another process
		if err != nil {
			continue
		}
		if line, _ := os.ReadFile("/proc/" + name.Name() + "/cmdline"); strings.Contains(string(line), "\x00"+file+"\x00") {
			_ = p.Kill() // or it has just ended
		}
		p.Release()
	}
}
