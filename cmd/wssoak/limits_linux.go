package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// runsHere tells whether this platform has what a soak looks at: /proc.
const runsHere = true

// machineLimits are what this process and the daemons it starts are allowed.
func machineLimits() limits {
	l := limits{memory: availableMemory()}
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &limit) == nil && limit.Max < 1<<30 {
		l.descriptors = int(limit.Max) // Go programs raise theirs to it
	}
	if unix.Getrlimit(unix.RLIMIT_NPROC, &limit) == nil && limit.Cur < 1<<30 && os.Geteuid() != 0 {
		l.processes = int(limit.Cur) // root has none
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

// killBackends kills what was started with file as an argument and is still
// there; nothing is, unless a daemon was killed or has lost a child.
func killBackends(file string) {
	names, _ := os.ReadDir("/proc")
	for _, name := range names {
		pid, err := strconv.Atoi(name.Name())
		if err != nil || pid == os.Getpid() {
			continue
		}
		p, err := os.FindProcess(pid) // before the look, so that it is the same one
		if err != nil {
			continue
		}
		if line, _ := os.ReadFile("/proc/" + name.Name() + "/cmdline"); strings.Contains(string(line), "\x00"+file+"\x00") {
			_ = p.Kill() // or it has just ended
		}
		p.Release()
	}
}
