//go:build darwin || freebsd || netbsd || openbsd || dragonfly

package exec

func kernelBackends() map[string]func(args []string) int {
	return map[string]func(args []string) int{"terminal": terminal, "below": belowTerminal}
}
