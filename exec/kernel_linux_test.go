package exec

func kernelBackends() map[string]func(args []string) int {
	return map[string]func(args []string) int{
		"terminal":   terminal,
		"tainted":    tainted,
		"heir":       heir,
		"ignoring":   ignoring,
		"unforkable": unforkable,
	}
}
