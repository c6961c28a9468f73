#!/usr/bin/env node
// Counts to ten; the first argument is the pause in seconds after each number.
const { setTimeout: sleep } = require("node:timers/promises");

const pause = Number(process.argv[2] ?? 1) * 1000;

(async () => {
  for (let n = 1; n <= 10; n++) {
    // Output: Node does not buffer, but it may still be writing when this returns.
    // So let the program run to its end: process.exit() loses the rest.
    console.log(n);
    await sleep(pause);
  }
})();
