import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

// Watch notes what a page should never do: an error, a refusal by its own
// Content-Security-Policy, a request to somewhere else.
export class Watch {
  constructor(page) {
    this.page = page;
    this.faults = [];
    page.on("pageerror", (error) => this.faults.push(String(error)));
    page.on("console", (message) => {
      // A connection that fails is a part of the scene.
      if (message.type() === "error" && !/WebSocket connection to/.test(message.text())) this.faults.push(message.text());
    });
    page.on("request", (request) => {
      const url = new URL(request.url());
      if (url.protocol !== "data:" && url.origin !== new URL(page.url()).origin && page.url() !== "about:blank") {
        this.faults.push(`a request to ${url.origin}`);
      }
    });
  }

  // check fails when there was a fault, or when axe-core finds that somebody
  // could not use the page as it is now.
  async check() {
    assert.deepEqual(this.faults, []);
    await this.page.evaluate(axe); // not as a script of the page: its policy would refuse it
    const { violations } = await this.page.evaluate("axe.run()");
    const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(", ")}`);
    assert.deepEqual(found, []);
  }
}
