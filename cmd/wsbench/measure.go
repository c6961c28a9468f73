package main

import (
	"fmt"
	"strconv"
)

// measure is one kind of figure, by the name it has in the table.
type measure string

const (
	messageRate    measure = "messages/s"
	connectionRate measure = "connections/s"
	messageCPU     measure = "CPU/message"
	connectionCPU  measure = "CPU/connection"
	median50       measure = "p50"
	tail99         measure = "p99"
	sessionMemory  measure = "memory/session"
	sessionThreads measure = "threads"
	childrenGone   measure = "no child left after"
)

// format writes a value in the measure's unit.
func (m measure) format(value float64) string {
	switch m {
	case messageRate, connectionRate:
		return formatRate(value)
	case sessionMemory:
		return formatDigits(value/1024) + " KiB"
	case sessionThreads:
		return strconv.FormatFloat(value, 'f', -1, 64)
	default:
		return formatSeconds(value)
	}
}

func formatRate(perSecond float64) string {
	switch {
	case perSecond >= 1e6:
		return formatDigits(perSecond/1e6) + " M"
	case perSecond >= 1e3:
		return formatDigits(perSecond/1e3) + " k"
	default:
		return formatDigits(perSecond)
	}
}

func formatSeconds(s float64) string {
	switch {
	case s >= 1:
		return formatDigits(s) + " s"
	case s >= 1e-3:
		return formatDigits(s*1e3) + " ms"
	case s >= 1e-6:
		return formatDigits(s*1e6) + " µs"
	default:
		return fmt.Sprintf("%.0f ns", s*1e9)
	}
}

// formatDigits keeps three digits, which is more than two runs agree on.
func formatDigits(value float64) string {
	switch {
	case value >= 100 || value <= -100:
		return strconv.FormatFloat(value, 'f', 0, 64)
	case value >= 10 || value <= -10:
		return strconv.FormatFloat(value, 'f', 1, 64)
	default:
		return strconv.FormatFloat(value, 'f', 2, 64)
	}
}
