#!/bin/sh
# Prints what a backend knows about its connection: the CGI variables, sorted.
# They include the client's cookies, so show them only to that client.
#
# Output: sort writes only after its input has ended, so buffering does not
# matter here.
env |
	grep -E '^(AUTH|CONTENT|GATEWAY|HTTP|PATH|QUERY|REMOTE|REQUEST|SCRIPT|SERVER|UNIQUE)_[A-Z0-9_]*=|^HTTPS=' |
	LC_ALL=C sort
