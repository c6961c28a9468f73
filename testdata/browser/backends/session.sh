#!/bin/sh
# Says something on both streams, then gives each line back; "quit" ends it badly.
echo "ready"
echo "warning: the attic is not locked" >&2
while IFS= read -r line; do
	[ "$line" = quit ] && echo "error: told to quit" >&2 && exit 3
	printf '%s\n' "$line"
done
