package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"
)

// cpuTime is the CPU time, in user and kernel, that process pid has used in all
// its threads, its children's left out: what /proc/PID/stat has as utime and
// stime, but in nanoseconds and not in ticks of 10 ms, which would be a third of
// a fast daemon's figure. It is the process's CPU clock, whose id is made from
// the process id as clock_getcpuclockid(3) makes it.
func cpuTime(pid int) (cpu time.Duration, known bool) {
	const schedClock = 2 // CPUCLOCK_SCHED of the kernel's posix-timers_types.h
	if pid == 0 {
		return 0, false
	}
	var ts syscall.Timespec
	id := ^int32(pid)<<3 | schedClock
	_, _, errno := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, uintptr(id), uintptr(unsafe.Pointer(&ts)), 0)
	return time.Duration(ts.Nano()), errno == 0
}

// processFootprint is what a process holds.
type processFootprint struct {
	memory  int64 // resident, in bytes
	threads int
}

// footprint reads VmRSS and Threads of /proc/PID/status.
func footprint(pid int) (f processFootprint, known bool) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return processFootprint{}, false
	}
	for line := range strings.Lines(string(status)) {
		switch fields := strings.Fields(line); {
		case len(fields) < 2:
		case fields[0] == "VmRSS:":
			kilobytes, _ := strconv.ParseInt(fields[1], 10, 64)
			f.memory = kilobytes << 10
		case fields[0] == "Threads:":
			f.threads, _ = strconv.Atoi(fields[1])
		}
	}
	return f, f.memory > 0 && f.threads > 0
}

// peakMemory is VmHWM of /proc/PID/status: the most that was resident, in bytes;
// 0 when it is not known.
func peakMemory(pid int) int64 {
	return statusKilobytes(fmt.Sprintf("/proc/%d/status", pid), "VmHWM:") << 10
}

// statusKilobytes is a line of /proc/PID/status or /proc/meminfo; 0 when it is
// not there.
func statusKilobytes(file, name string) int64 {
	status, err := os.ReadFile(file)
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, name); ok {
			n, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			return n
		}
	}
	return 0
}

// descriptors is how many descriptors a process has open; 0 when that is not
// known.
func descriptors(pid int) int {
	names, _ := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	return len(names)
}

// children is how many processes have pid as their parent, those included that
// have ended and were not reaped.
func children(pid int) (n int, known bool) {
	dir, err := os.Open("/proc")
	if err != nil || pid == 0 {
		return 0, false
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return 0, false
	}
	for _, name := range names {
		if name[0] >= '0' && name[0] <= '9' && parent(name) == pid {
			n++
		}
	}
	return n, true
}

// parent is the parent of the process with the given id; 0 when it is gone.
func parent(pid string) int {
	stat, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return 0
	}
	// "PID (NAME) STATE PPID …"; the name may hold spaces and brackets.
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) < 2 {
		return 0
	}
	ppid, _ := strconv.Atoi(string(fields[1]))
	return ppid
}
