import { strict as assert } from "node:assert";
import { ask, talk } from "./agents.js";
import { at, drawn, enter, here } from "./room.js";

// scaleout has pages that come through a proxy, before two wsd of which each is
// shut down once. They come back by themselves.
export async function scaleout({ a: proxy, open, cue }) {
  await cue("start agents at both homes");
  const page = await open(`${proxy}/agents/`);
  await talk(page, "before");
  assert.deepEqual(await page.locator("#agents .name").allTextContents(), ["home"], "a page sees an agent that is elsewhere");
  const ada = await open(`${proxy}/room/`);
  const bob = await open(`${proxy}/room/`, "dark");
  await enter(ada, "Ada");
  await enter(bob, "Bob");
  await draw(ada, bob, 0.2);

  await cue("stop A");
  await back(page, ada, bob);
  await draw(bob, ada, 0.3);
  await cue("start A");
  await cue("stop B");
  await back(page, ada, bob);
  await draw(ada, bob, 0.4);
  for (const y of [0.2, 0.3]) await drawn(bob, 0.5, y); // the picture has come back, too

  for (const each of [page, ada, bob]) {
    await each.watch.check();
    const codes = await each.evaluate("codes");
    assert(codes.length > 0 && codes.every((code) => code === 1001), `the sessions of a page ended with ${codes}`);
  }
}

// back waits until all that a wsd had are there again, agent and visitors, and
// talks with them.
async function back(page, ada, bob) {
  const talks = await page.locator(".talk").count();
  await page.getByText("Connected", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Join home" }).click();
  await page.locator(".talk").nth(talks).waitFor();
  await ask(page.locator(".talk").last(), `after ${talks}`);
  await here(ada, "Bob");
  await here(bob, "Ada");
}

// draw has one visitor draw a line, which another one sees.
async function draw(one, other, y) {
  await one.getByText("You are in the room").waitFor();
  await at(one, 0.4, y);
  await one.mouse.down();
  await at(one, 0.6, y);
  await one.mouse.up();
  await drawn(other, 0.5, y);
}
