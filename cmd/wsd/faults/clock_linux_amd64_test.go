package faults_test

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"wsd/server/servertest"
)

// setBack is code in front of clock_gettime(2): it takes an hour off CLOCK_REALTIME,
// whose number is 0. The address to call is filled in.
const setBack = "\x56" + // push %rsi, the time's place
	"\x57" + // push %rdi, the clock's number
	"\x48\x83\xec\x08" + // sub $8, %rsp
	"\x48\xb8\x00\x00\x00\x00\x00\x00\x00\x00" + // movabs $ADDRESS, %rax
	"\xff\xd0" + // call *%rax
	"\x48\x83\xc4\x08" + // add $8, %rsp
	"\x5f\x5e" + // pop %rdi; pop %rsi
	"\x85\xff" + // test %edi, %edi
	"\x75\x07" + // jne over the next
	"\x48\x81\x2e\x10\x0e\x00\x00" + // subq $3600, (%rsi)
	"\xc3" // ret

// addressInSetBack is where the address stands in setBack.
const addressInSetBack = 8

// A wallClock is what time the daemon, and nobody else on this machine, believes
// that it is. The Go runtime asks the kernel's vDSO, through a pointer.
type wallClock struct {
	t        *testing.T
	memory   *os.File // of the daemon
	pointer  int64    // where the runtime keeps the address of clock_gettime
	right    []byte   // that address
	backward []byte   // the address of setBack
}

func (d *daemon) clock() *wallClock {
	d.t.Helper()
	memory, err := os.OpenFile(fmt.Sprintf("/proc/%d/mem", d.PID()), os.O_RDWR, 0)
	if err != nil {
		servertest.Missing(d.t, "the right to write to wsd's memory")
	}
	d.t.Cleanup(func() { memory.Close() })
	c := &wallClock{t: d.t, memory: memory, pointer: d.symbol("runtime.vdsoClockgettimeSym"), right: make([]byte, 8)}
	c.read(c.right, c.pointer)
	code := []byte(setBack)
	copy(code[addressInSetBack:], c.right)
	free := d.freeCode(c, len(code))
	c.write(code, free)
	c.backward = binary.LittleEndian.AppendUint64(nil, uint64(free))
	return c
}

// symbol is the address of a variable of wsd.
func (d *daemon) symbol(name string) int64 {
	d.t.Helper()
	file, err := elf.Open(d.Cmd.Path)
	if err != nil {
		d.t.Fatal(err)
	}
	defer file.Close()
	symbols, err := file.Symbols()
	if err != nil {
		d.t.Fatal(err)
	}
	for _, s := range symbols {
		if s.Name == name {
			return int64(s.Value)
		}
	}
	d.t.Fatalf("wsd has no %s", name)
	return 0
}

// freeCode is a place for n bytes of code: the end of the vDSO is empty.
func (d *daemon) freeCode(c *wallClock, n int) int64 {
	d.t.Helper()
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", d.PID()))
	if err != nil {
		d.t.Fatal(err)
	}
	for line := range strings.Lines(string(maps)) {
		var from, to int64
		if !strings.Contains(line, "[vdso]") {
			continue
		}
		if _, err := fmt.Sscanf(line, "%x-%x", &from, &to); err != nil {
			d.t.Fatal(err)
		}
		end := make([]byte, n)
		if c.read(end, to-int64(n)); !bytes.Equal(end, make([]byte, n)) {
			d.t.Fatalf("the vDSO ends with % x", end)
		}
		return to - int64(n)
	}
	d.t.Fatal("wsd has no vDSO")
	return 0
}

func (c *wallClock) read(b []byte, at int64) {
	c.t.Helper()
	if _, err := c.memory.ReadAt(b, at); err != nil {
		c.t.Fatal(err)
	}
}

func (c *wallClock) write(b []byte, at int64) {
	c.t.Helper()
	if _, err := c.memory.WriteAt(b, at); err != nil {
		c.t.Fatal(err)
	}
}

// set sets the clock back by an hour, or right again.
func (c *wallClock) set(address []byte) { c.t.Helper(); c.write(address, c.pointer) }

// TestClockSetBack sets the wall clock back by an hour, and then right again, while
// pings are due, a ladder is climbed and sessions go on.
func TestClockSetBack(t *testing.T) {
	t.Parallel()
	s := newStage(t, settings{args: []string{shortPing}})
	clock := s.daemon.clock()
	s.endure(10, func(n int, during func()) {
		for i, set := range [][]byte{clock.backward, clock.right} {
			var gone, left []*client
			for range n {
				g, l := s.dial("/echo"), s.dial("/echo")
				g.WantEcho("hello")
				g.cut()
				l.WantEcho("hello")
				if err := syscall.Kill(s.backend(l), syscall.SIGSTOP); err != nil {
					t.Fatal(err)
				}
				l.SendClose(1000)
				gone, left = append(gone, g), append(left, l)
			}
			clock.set(set)
			during()
			after := s.dial("/echo")
			if jump := time.Until(logged(t, s.session(after))).Round(time.Hour); jump != -time.Hour*time.Duration(1-i) {
				t.Errorf("wsd's clock is wrong by %v", jump)
			}
			after.Leave()
			for j := range gone {
				s.over(gone[j]).Want(t, "code", "1006", "detail", "client answered no ping")
				gone[j].Conn.Close()
				s.over(left[j]).Want(t, "code", "1000", "exit", "signal: SIGKILL")
				left[j].Conn.Close()
				for _, c := range []*client{gone[j], left[j]} {
					if lasted, err := strconv.Atoi(s.over(c)["duration"]); err != nil || lasted < 0 || lasted > int(servertest.Patience) {
						t.Errorf("a session lasted %v, %v", time.Duration(lasted), err)
					}
				}
			}
		}
	})
	s.finish()
}

// logged is when a record says that it was logged.
func logged(t *testing.T, r servertest.Record) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, r["time"])
	if err != nil {
		t.Fatal(err)
	}
	return at
}
