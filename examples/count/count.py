#!/usr/bin/env python3
"""Counts to ten; the first argument is the pause in seconds after each number."""
import signal
import sys
import time

# This program does not watch stdin, so when a client leaves early, SIGINT ends
# it. With the default action there is no traceback in the log.
signal.signal(signal.SIGINT, signal.SIG_DFL)

pause = float(sys.argv[1]) if len(sys.argv) > 1 else 1
for n in range(1, 11):
    # Output: on a pipe Python collects some kilobytes before it writes, unless
    # each print flushes (or you use python3 -u).
    print(n, flush=True)
    time.sleep(pause)
