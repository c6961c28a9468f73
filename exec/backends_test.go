package exec

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"strconv"
	"strings"
)

// backends are the programs that this test binary plays; see exectest.Backend.
func backends() map[string]func(args []string) int {
	all := map[string]func(args []string) int{
		"cat":  cat,
		"exit": exitWith,
		"tell": tell,
		"long": long,
	}
	maps.Copy(all, platformBackends())
	return all
}

// cat copies stdin to stdout, read by as many bytes as its argument says.
func cat(args []string) int {
	size := 32 << 10
	if len(args) > 0 {
		size, _ = strconv.Atoi(args[0])
	}
	if _, err := io.CopyBuffer(struct{ io.Writer }{os.Stdout}, struct{ io.Reader }{os.Stdin}, make([]byte, size)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func exitWith(args []string) int {
	status, err := strconv.Atoi(args[0])
	if err != nil {
		return 120
	}
	return status
}

// told is what a process finds when it starts.
type told struct {
	Args, Environ []string
	Dir           string
}

func tell(args []string) int {
	dir, err := os.Getwd()
	if err != nil {
		return 1
	}
	if json.NewEncoder(os.Stdout).Encode(told{args, os.Environ(), dir}) != nil {
		return 1
	}
	return 0
}

// long writes a line that is as long as its argument says, and exits.
func long(args []string) int {
	n, _ := strconv.Atoi(args[0])
	fmt.Println(strings.Repeat("x", n-1))
	return 0
}
