package exec

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"testing"
)

// awaitReading returns when p, which has answered all that it was asked, sleeps:
// it waits for more input then.
func awaitReading(t testing.TB, p *Process) {
	t.Helper()
	for {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.PID()))
		if err != nil {
			t.Fatal(err)
		}
		_, after, _ := bytes.Cut(stat, []byte(") ")) // the name ends
		if after[0] == 'S' {
			return
		}
		runtime.Gosched()
	}
}
