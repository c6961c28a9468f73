#!/usr/bin/env python3
"""Asks for a name and greets each one it is sent, until its input ends."""
import sys

# Output: on a pipe Python holds lines back until it has some kilobytes, unless
# each print flushes (or python3 -u is used).
print("What is your name?", flush=True)
for line in sys.stdin:
    name = line.rstrip("\n")
    print(f"Hello, {name}!", flush=True)
