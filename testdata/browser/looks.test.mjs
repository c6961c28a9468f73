// Each scene in light and dark, on a screen and on a telephone: axe-core finds
// nothing to object to, and a screenshot is taken for someone to look at. SHOTS
// names the folder for them.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { after } from "node:test";
import { inBrowser } from "./browser.mjs";
import { missing } from "./needs.mjs";
import { scenes } from "./scenes.mjs";
import { startWsd } from "./wsd.mjs";

const sizes = { wide: { width: 1100, height: 760 }, narrow: { width: 360, height: 640 } };

const shots = missing() ? "" : (process.env.SHOTS ?? mkdtempSync(join(tmpdir(), "wsd-shots-")));
if (shots) {
  mkdirSync(shots, { recursive: true });
  after(() => console.log(`screenshots: ${shots}`));
}

const axe = missing() ? "" : readFileSync(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");

// findings runs axe-core's rules, those for the size of targets too. It returns the
// violations, in lines to read, and how often a rule could not decide: contrast,
// mostly, for text that is scrolled half out of sight.
async function findings(page) {
  await page.evaluate(axe); // by the browser's tools, so the page's policy does not forbid it
  const { violations, incomplete } = await page.evaluate(() =>
    axe.run(document, { rules: { "target-size": { enabled: true } } }),
  );
  return {
    violations: violations.flatMap(({ id, help, nodes }) => nodes.map((node) => `${id}: ${help}: ${node.target}: ${node.failureSummary}`)),
    undecided: incomplete.map(({ id, nodes }) => `${id} (${nodes.length})`),
  };
}

for (const { name, args, act, ...options } of scenes) {
  for (const colorScheme of ["light", "dark"]) {
    for (const [size, viewport] of Object.entries(sizes)) {
      const title = `${name}-${colorScheme}-${size}`;
      // Without motion, so that no colour is caught half-way to another.
      const look = { ...options, colorScheme, viewport, reducedMotion: "reduce" };
      inBrowser(title, look, async (t, context) => {
        const server = await startWsd(t, args);
        const page = await act(context, server);
        await page.screenshot({ path: join(shots, `${title}.png`) });
        const { violations, undecided } = await findings(page);
        if (undecided.length > 0) t.diagnostic(`undecided: ${undecided.join(", ")}`);
        assert.deepEqual(violations, []);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        assert.ok(overflow <= 0, `the page is ${overflow} pixels too wide`);
      });
    }
  }
}
