#!/usr/bin/env python3
"""Asks for a name and greets each name it gets, until its input ends."""
import sys

# Output: on a pipe Python collects some kilobytes before it writes, unless each
# print flushes (or you use python3 -u).
print("What is your name?", flush=True)
for line in sys.stdin:
    name = line.rstrip("\n")
    print(f"Hello, {name}!", flush=True)
