package faults_test

// backends are the programs that this test binary plays; see exectest.Backend.
var backends = map[string]func(args []string) int{}
