// Prints numbered lines: flood.mjs RATE [TOTAL]. RATE is lines a second, by the
// clock; it ends after TOTAL lines, or when stdin ends.

import { writeSync } from "node:fs";

const rate = Number(process.argv[2]);
const total = Number(process.argv[3] ?? Infinity);
const began = performance.now();
let printed = 0;

// Output: writeSync blocks while the pipe is full, so a slow reader slows this
// program down. It then catches up, ten times as fast at most.
function print() {
  const due = Math.min(total, Math.floor(((performance.now() - began) / 1000) * rate), printed + rate / 10);
  let lines = "";
  while (printed < due) lines += `line ${++printed}\n`;
  for (let rest = Buffer.from(lines); rest.length > 0; ) rest = rest.subarray(writeSync(1, rest));
  if (printed >= total) process.exit();
}

setInterval(print, 10);
process.stdin.on("end", () => process.exit()).resume();
