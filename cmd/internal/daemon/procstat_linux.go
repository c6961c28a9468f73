package daemon

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

// CPUTime is the CPU time that process pid has used, in user and kernel mode, without
// its children. It is the sum of utime and stime in /proc/PID/stat, but in nanoseconds
// instead of ticks of 10 ms, of which a fast daemon would use three. The id of a
// process's CPU clock is made from its process id as clock_getcpuclockid(3) does it.
func CPUTime(pid int) (cpu time.Duration, known bool) {
	const schedClock = 2 // CPUCLOCK_SCHED of the kernel's posix-timers_types.h
	if pid == 0 {
		return 0, false
	}
	var ts syscall.Timespec
	id := ^int32(pid)<<3 | schedClock
	_, _, errno := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, uintptr(id), uintptr(unsafe.Pointer(&ts)), 0)
	return time.Duration(ts.Nano()), errno == 0
}

// Look is the footprint of process pid.
func Look(pid int) (f Footprint, known bool) {
	dir := fmt.Sprintf("/proc/%d/", pid)
	status, err := os.ReadFile(dir + "status")
	if err != nil {
		return Footprint{}, false
	}
	for line := range strings.Lines(string(status)) {
		fields := append(strings.Fields(line), "", "")
		n, _ := strconv.ParseInt(fields[1], 10, 64)
		switch fields[0] {
		case "VmRSS:":
			f.Memory = n << 10
		case "VmHWM:":
			f.Peak = n << 10
		case "Threads:":
			f.Threads = int(n)
		}
	}
	descriptors, err := os.ReadDir(dir + "fd")
	f.Descriptors = len(descriptors)
	return f, err == nil && f.Memory > 0
}

// Children is the number of processes whose parent is pid, including those that have
// ended and have not been reaped.
func Children(pid int) (n int, known bool) {
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
		if name[0] >= '0' && name[0] <= '9' && Parent(name) == pid {
			n++
		}
	}
	return n, true
}

// Parent is the parent of process pid; 0 when that is gone.
func Parent(pid string) int {
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
