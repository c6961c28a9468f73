#!/usr/bin/env python3
"""Counts to ten; the first argument is the pause after each number in seconds."""
import signal
import sys
import time

# A client that leaves early ends this program by SIGINT, as it does not watch
# stdin. The default action ends it without a traceback in the log.
signal.signal(signal.SIGINT, signal.SIG_DFL)

pause = float(sys.argv[1]) if len(sys.argv) > 1 else 1
for n in range(1, 11):
    # Output: on a pipe Python holds lines back until it has some kilobytes,
    # unless each print flushes (or python3 -u is used).
    print(n, flush=True)
    time.sleep(pause)
