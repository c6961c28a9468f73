package exec

func platformBackends() map[string]func(args []string) int { return nil }
