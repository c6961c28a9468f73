#!/usr/bin/env node
// Answers each line, a JSON request, with a JSON reply that has the same id.
//
// {"id": 1, "op": "add", "args": [1, 2]} gives {"id": 1, "result": 3}; op is add,
// sub, mul or div. What can't be answered gives an "error" instead of a "result".
const readline = require("node:readline");

const ops = new Map([
  ["add", (a, b) => a + b],
  ["sub", (a, b) => a - b],
  ["mul", (a, b) => a * b],
  ["div", (a, b) => a / b],
]);

function parse(line) {
  try {
    return JSON.parse(line);
  } catch {
    throw new Error("not JSON");
  }
}

function calculate(op, args) {
  if (!ops.has(op)) throw new Error("op must be add, sub, mul or div");
  if (!Array.isArray(args) || args.length !== 2 || args.some((n) => typeof n !== "number"))
    throw new Error("args must be two numbers");
  const result = ops.get(op)(...args);
  if (!Number.isFinite(result)) throw new Error("the result is not a finite number"); // JSON can't express it
  return result;
}

function answer(line) {
  const reply = { id: null };
  try {
    const request = parse(line);
    if (typeof request?.id !== "string" && !Number.isSafeInteger(request?.id))
      throw new Error("a request is an object with an id, an integer or a string");
    reply.id = request.id;
    reply.result = calculate(request.op, request.args);
  } catch (error) {
    reply.error = error.message;
  }
  return JSON.stringify(reply);
}

// Output: Node does not buffer, but it may still be writing when console.log
// returns. So let the program run to its end: process.exit() loses the rest.
readline
  .createInterface({ input: process.stdin })
  .on("line", (line) => console.log(answer(line)));
