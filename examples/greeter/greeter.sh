#!/bin/sh
# Asks for a name and greets each one it is sent, until its input ends.
#
# Output: echo and printf are part of the shell and write at once. A program in
# between, such as sed, may hold its lines back: see stdbuf -oL, or wsd --pty.
echo 'What is your name?'
# Through wsd every message ends in a newline; in a pipe the last line may not.
while IFS= read -r name || [ -n "$name" ]; do
	printf 'Hello, %s!\n' "$name"
done
