#!/usr/bin/env python3
"""Run by wsd --authcmd: admits clients with a valid ticket in the cookie "ticket".

A ticket is USER.EXPIRES.SIGNATURE. Your site sets it when a user logs in. The site
and this program share only the key file, which has 32 random bytes:

    head -c 32 /dev/urandom > key
    ticket.py key make ada 3600    # what a site would put into the cookie
    ticket.py key                  # what wsd runs

Exit status 0 lets the client in, 1 answers 401. An uncaught Python error exits
with 1, too, so it lets nobody in.
"""
import hashlib
import hmac
import os
import re
import sys
import time


def sign(key, text):
    return hmac.new(key, os.fsencode(text), hashlib.sha256).hexdigest()


def make(key, user, seconds):
    if not re.fullmatch("[A-Za-z0-9_-]+", user):
        sys.exit("the user may have only letters, digits, _ and -")
    text = f"{user}.{int(time.time()) + int(seconds)}"
    return f"{text}.{sign(key, text)}"


def check(key, ticket):
    """Return the user that a ticket names, or None if it is not valid."""
    text, _, signature = ticket.rpartition(".")
    # In constant time: otherwise the time would tell how much of a guess was right.
    if not hmac.compare_digest(os.fsencode(sign(key, text)), os.fsencode(signature)):
        return None
    user, _, expires = text.partition(".")
    return user if int(expires) > time.time() else None


def cookie(name):
    for pair in os.environ.get("HTTP_COOKIE", "").split("; "):
        if pair.startswith(name + "="):
            return pair[len(name) + 1:]
    return ""


with open(sys.argv[1], "rb") as file:
    key = file.read()
if len(key) < 32:
    sys.exit("the key is too short")
if sys.argv[2:3] == ["make"]:
    print(make(key, *sys.argv[3:]))
    sys.exit()
user = check(key, cookie("ticket"))
if user is None:
    sys.exit(1)
print("REMOTE_USER=" + user)
