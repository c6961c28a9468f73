#!/usr/bin/env node
// Asks for a name and greets each one it is sent, until its input ends.
const readline = require("node:readline");

// Output: Node holds nothing back, but it may still be writing when console.log
// returns: end by running out of work, since process.exit() loses the rest.
console.log("What is your name?");
readline
  .createInterface({ input: process.stdin })
  .on("line", (name) => console.log(`Hello, ${name}!`));
