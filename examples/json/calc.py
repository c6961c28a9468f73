#!/usr/bin/env python3
"""Answers each line, a JSON request, with a JSON reply that has the same id.

{"id": 1, "op": "add", "args": [1, 2]} gives {"id": 1, "result": 3.0}; op is add,
sub, mul or div. What can't be answered gives an "error" instead of a "result".
"""
import json
import math
import operator
import sys

OPS = {"add": operator.add, "sub": operator.sub, "mul": operator.mul, "div": operator.truediv}


def parse(line):
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        raise ValueError("not JSON") from None


def calculate(op, args):
    if op not in list(OPS):
        raise ValueError("op must be add, sub, mul or div")
    if type(args) is not list or [type(n) in (int, float) for n in args] != [True, True]:
        raise ValueError("args must be two numbers")
    try:
        result = OPS[op](float(args[0]), float(args[1]))
    except ArithmeticError:
        result = math.inf
    if not math.isfinite(result):  # JSON can't express it
        raise ValueError("the result is not a finite number")
    return result


def answer(line):
    reply = {"id": None}
    try:
        request = parse(line)
        if type(request) is not dict or type(request.get("id")) not in (int, str):
            raise ValueError("a request is an object with an id, an integer or a string")
        reply["id"] = request["id"]
        reply["result"] = calculate(request.get("op"), request.get("args"))
    except ValueError as error:
        reply["error"] = str(error)
    return json.dumps(reply)


# Output: on a pipe Python buffers lines unless each print flushes.
for request_line in sys.stdin.buffer:
    print(answer(request_line), flush=True)
