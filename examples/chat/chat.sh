#!/bin/sh
# A chat room in a file: each session appends its lines to the file that the
# first argument names, and follows what all of them append. Without wsd, in two
# terminals, it is a chat between two shells.
room=${1:?needs the file that holds the room}
me=guest-$$

exec 3>>"$room" || exit
say() { printf '%s\n' "$me$1" >&3; } # one write per line, so lines do not mix

# Output: printf writes at once, and so does tail -f. But tail would follow the
# file for ever. So its shell first prints the process id, and the loop behind it
# ends tail after this session's last line, or when nobody reads any more. That is
# why SIGPIPE must not end the loop, and why a signal must not skip the last line.
trap '' PIPE
next=$(($(wc -l <"$room") + 1))
sh -c 'echo $$; exec tail -n "+$1" -f "$2"' tail "$next" "$room" | {
	read -r tail
	while IFS= read -r line && printf '%s\n' "$line" && [ "$line" != "$me left" ]; do :; done
	kill "$tail"
} &
trap 'say " left"; wait' EXIT
trap exit HUP INT TERM

say ' joined'
while IFS= read -r line || [ -n "$line" ]; do
	say ": $line"
done
