#!/usr/bin/env node
// Counts to ten; the first argument is the pause after each number in seconds.
const { setTimeout: sleep } = require("node:timers/promises");

const pause = Number(process.argv[2] ?? 1) * 1000;

(async () => {
  for (let n = 1; n <= 10; n++) {
    // Output: Node holds nothing back, but it may still be writing when this
    // returns: end by running out of work, since process.exit() loses the rest.
    console.log(n);
    await sleep(pause);
  }
})();
