#!/bin/sh
# Asks for a name and greets each name it gets, until its input ends.
#
# Output: echo and printf are part of the shell and write at once. A program in
# between, such as sed, may buffer its lines: use stdbuf -oL, or wsd --pty.
echo 'What is your name?'
# From wsd, every line ends in a newline; in a pipe, the last one may not.
while IFS= read -r name || [ -n "$name" ]; do
	printf 'Hello, %s!\n' "$name"
done
