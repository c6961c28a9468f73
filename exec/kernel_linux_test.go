package exec

func kernelBackends() map[string]func(args []string) int {
	return map[string]func(args []string) int{
		"terminal":   terminal,
		"below":      belowTerminal,
		"tainted":    tainted,
		"heir":       heir,
		"ignoring":   ignoring,
		"unforkable": unforkable,
	}
}
