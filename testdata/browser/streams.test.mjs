import assert from "node:assert/strict";
import { inBrowser } from "./browser.mjs";
import { connected, noticed, options, row, rows, say } from "./console.mjs";
import { startWsd } from "./wsd.mjs";

inBrowser("--passstderr: stdout and stderr are told apart", {}, async (t, context) => {
  const script = 'echo out; read -r line; echo "no: $line" >&2; cat';
  const server = await startWsd(t, ["--devconsole", "--passstderr", "sh", "-c", script]);
  const page = await connected(context, server);
  await row(page, "received", "out");
  await say(page, "first");
  await row(page, "stderr", "no: first");
  await say(page, '{"stream":"stderr","data":"forged"}');
  await row(page, "received", "forged");
  assert.deepEqual((await rows(page)).slice(1), [
    "received out",
    "sent first",
    "stderr no: first",
    'sent {"stream": "stderr", "data": "forged"}',
    'received {"stream": "stderr", "data": "forged"}',
  ]);
  const label = await page.textContent("#rows li.stderr .direction");
  assert.match(label, /stderr/, "a word tells it, not a colour alone");
});

inBrowser("without --passstderr stderr stays on the server", {}, async (t, context) => {
  const server = await startWsd(t, ["--devconsole", "sh", "-c", "echo hidden >&2; cat"]);
  const page = await connected(context, server);
  await say(page, "seen");
  await row(page, "received", "seen");
  assert.deepEqual((await rows(page)).slice(1), ["sent seen", "received seen"]);
  assert.equal(await page.isVisible("#as"), false);
});

inBrowser("--binary: bytes as hex, out and in", {}, async (t, context) => {
  const server = await startWsd(t, ["--devconsole", "--binary", "cat"]);
  const page = await connected(context, server);
  await page.selectOption("#as", "hex");
  await say(page, "00 ff 10");
  assert.match(await row(page, "received", "00 ff 10"), /^00000000  00 ff 10 +\.{3} *\n$/);

  await say(page, "0x48,0x69:0a"); // UTF-8, so text comes first
  assert.equal(await row(page, "received", "Hi"), "Hi\n");
  await page.locator("#rows li.received").last().getByRole("button", { name: "As hex" }).click();
  assert.match(await row(page, "received", "48 69 0a"), /Hi\./);

  await say(page, "4x");
  await noticed(page, /^Hex bytes are pairs of digits/);
  await page.selectOption("#as", "text");
  await say(page, "no newline");
  assert.equal(await row(page, "received", "no newline"), "no newline");
});

inBrowser("JSON is laid out, with every token as it came", {}, async (t, context) => {
  const server = await startWsd(t, ["--devconsole", "cat"]);
  const page = await connected(context, server);
  const sent = `{"id":12345678901234567890,"id":1.10,"list":[${'"a long element of a list",'.repeat(5)}null]}`;
  await say(page, sent);
  const text = await row(page, "received", "12345678901234567890");
  assert.match(text, /^\{\n  "id": 12345678901234567890,\n  "id": 1\.10,\n  "list": \[\n    "a long/);
  assert.equal(await page.locator("#rows li.received .key").count(), 3);
  await options(page);
  await page.uncheck("#format");
  assert.equal(await row(page, "received", "12345678901234567890"), sent);
  await say(page, "{not json}");
  assert.equal(await row(page, "received", "not json"), "{not json}");
});
