import { strict as assert } from "node:assert";

// room has visitors below both wsd.
export async function room({ a, b, open, cue, shoot }) {
  const ada = await open(`${a}/room/`);
  await ada.watch.check();
  await shoot(ada, "room-door");
  await enter(ada, "Ada");
  const bob = await open(`${b}/room/`, "dark");
  await enter(bob, "<b>Bob</b>");
  await here(ada, "<b>Bob</b>");
  await here(bob, "Ada");

  // Ada draws with the mouse, and Bob sees it while she does.
  await at(ada, 0.2, 0.3);
  await ada.mouse.down();
  await at(ada, 0.4, 0.3);
  await drawn(bob, 0.3, 0.3);
  await pointer(bob, "Ada", 0.4, 0.3);
  await at(ada, 0.4, 0.5);
  await ada.mouse.up();
  await drawn(bob, 0.4, 0.4);

  // Bob draws with the keyboard.
  await bob.getByLabel("green").check();
  await bob.locator("#canvas").focus();
  await bob.keyboard.press("Space");
  for (let i = 0; i < 4; i++) await bob.keyboard.press("Shift+ArrowRight");
  await bob.getByText("The pen is down.").waitFor();
  await drawn(ada, 0.53, 0.5);
  await pointer(ada, "<b>Bob</b>", 0.6, 0.5);
  for (const [one, name] of [[ada, "room-light"], [bob, "room-dark"]]) {
    await one.watch.check();
    await shoot(one, name);
  }
  await bob.keyboard.press("Space");

  // A newcomer sees the picture, and what can't be drawn does no harm.
  await cue("send garbage");
  const eve = await open(`${b}/room/?room=lobby`);
  await enter(eve, "Eve");
  await drawn(eve, 0.3, 0.3);
  await drawn(eve, 0.53, 0.5);
  await eve.close();
  await ada.getByText("Eve has left.").waitFor();

  const stranger = await open(`${a}/room/?room=elsewhere`);
  await enter(stranger, "Stranger");
  await blank(stranger);
  assert.equal(await stranger.locator("#people li").count(), 1);

  // The picture comes back with the connection.
  await cue("stop B");
  await bob.getByText("Not connected").waitFor();
  await ada.getByText("<b>Bob</b> has left.").waitFor();
  await cue("start B");
  await bob.getByText("You are in the room").waitFor();
  await here(ada, "<b>Bob</b>");
  await drawn(bob, 0.3, 0.3);

  bob.once("dialog", (dialog) => dialog.accept());
  await bob.getByRole("button", { name: "Clear for all" }).click();
  await ada.getByText("<b>Bob</b> has cleared the canvas.").waitFor();
  await blank(ada);
  await ada.setViewportSize({ width: 360, height: 640 });
  await ada.watch.check();
  await bob.watch.check();
  await shoot(ada, "room-narrow");
}

export async function enter(page, name) {
  await page.getByLabel("Your name").fill(name);
  await page.getByLabel("Your name").press("Enter");
  await page.getByText("You are in the room").waitFor();
}

// here waits until a page lists another visitor.
export const here = (page, name) => page.locator("#people").getByText(name, { exact: true }).waitFor();

// at moves the mouse to a place on the canvas, in parts of its size.
export async function at(page, x, y) {
  const box = await page.locator("#canvas").boundingBox();
  await page.mouse.move(box.x + x * box.width, box.y + y * box.height, { steps: 8 });
}

// inked is run in the page: whether something was drawn around a place, or
// anywhere.
function inked([x, y]) {
  const canvas = document.getElementById("canvas");
  const box = x === undefined ? [0, 0, canvas.width, canvas.height] : [x * canvas.width - 3, y * canvas.height - 3, 6, 6];
  return canvas.getContext("2d").getImageData(...box).data.some((value) => value > 0);
}

export const drawn = (page, x, y) => page.waitForFunction(inked, [x, y]);

async function blank(page) {
  assert.equal(await page.evaluate(inked, []), false, "something is drawn");
}

// pointer waits until another visitor's pointer is at a place.
function pointer(page, name, x, y) {
  return page.waitForFunction(([name, x, y]) => {
    const found = [...document.querySelectorAll("#pointers div")].find((each) => each.textContent === name);
    const near = (text, share) => Math.abs(parseFloat(text) - share * 100) < 1;
    return found && !found.hidden && near(found.style.left, x) && near(found.style.top, y);
  }, [name, x, y]);
}
