#!/usr/bin/env python3
"""Prints the state of this machine as a JSON line every second, until its input
ends. The first argument changes the pause, in seconds. Values that the platform
does not have are null. index.html draws them.
"""
import json
import os
import sys
import threading
import time


def load():
    """The average number of running or waiting processes, over 1, 5 and 15 minutes."""
    try:
        return os.getloadavg()
    except (AttributeError, OSError):  # Windows has none
        return None


def memory():
    """Total bytes, and bytes that programs can still get (known only on Linux)."""
    try:
        with open("/proc/meminfo", encoding="ascii") as lines:
            kib = {line.split(":")[0]: int(line.split()[1]) for line in lines}
        return {"total": kib["MemTotal"] * 1024, "available": kib["MemAvailable"] * 1024}
    except (OSError, KeyError, ValueError):
        return None


def uptime():
    """Seconds since this machine started."""
    try:
        with open("/proc/uptime", encoding="ascii") as line:
            return float(line.read().split()[0])
    except (OSError, ValueError):
        return time.monotonic()  # counts from the start on most platforms


def watch_input(ended):
    """Sets ended when stdin ends, which means that the client has left."""
    while os.read(0, 4096):
        pass
    ended.set()


pause = float(sys.argv[1]) if len(sys.argv) > 1 else 1
ended = threading.Event()
threading.Thread(target=watch_input, args=(ended,), daemon=True).start()
while True:
    stats = {"load": load(), "cpus": os.cpu_count(), "memory": memory(), "uptime": uptime()}
    # Output: on a pipe Python buffers lines unless each print flushes.
    print(json.dumps(stats), flush=True)
    if ended.wait(pause):
        break
