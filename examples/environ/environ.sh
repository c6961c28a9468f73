#!/bin/sh
# Prints what a backend learns of its connection: the CGI variables, sorted.
# They include the client's cookies; show them to nobody but that client.
#
# Output: sort has nothing to say before its input ends, so buffering is no
# matter here.
env |
	grep -E '^(AUTH|CONTENT|GATEWAY|HTTP|PATH|QUERY|REMOTE|REQUEST|SCRIPT|SERVER|UNIQUE)_[A-Z0-9_]*=|^HTTPS=' |
	LC_ALL=C sort
