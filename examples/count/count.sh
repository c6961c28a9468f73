#!/bin/sh
# Counts to ten, one number a message, and exits: the session closes with 1000.
# The pause after each number is one second, or the first argument.
#
# Output: echo is part of the shell and writes at once. A program in between,
# such as sed, may buffer its lines: use stdbuf -oL, or wsd --pty.
n=1
while [ "$n" -le 10 ]; do
	echo "$n"
	sleep "${1:-1}"
	n=$((n + 1))
done
