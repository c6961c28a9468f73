#!/usr/bin/env node
// Asks for a name and greets each name it gets, until its input ends.
const readline = require("node:readline");

// Output: Node does not buffer, but it may still be writing when console.log
// returns. So let the program run to its end: process.exit() loses the rest.
console.log("What is your name?");
readline
  .createInterface({ input: process.stdin })
  .on("line", (name) => console.log(`Hello, ${name}!`));
