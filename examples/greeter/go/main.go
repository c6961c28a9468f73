// Command go asks for a name and greets each name it gets, until its input ends.
package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"
)

func main() {
	// Output: os.Stdout has no buffer, so each Println is written at once. With
	// a bufio.Writer, each line would need a Flush.
	fmt.Println("What is your name?")
	input := bufio.NewReader(os.Stdin) // not a Scanner, which ends at a line of 64 KiB
	for {
		line, err := input.ReadString('\n')
		if name := strings.TrimRight(line, "\r\n"); name != "" || err == nil {
			fmt.Println("Hello, " + name + "!")
		}
		if err != nil {
			return // the input has ended
		}
	}
}
