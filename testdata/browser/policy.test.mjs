import assert from "node:assert/strict";
import { inBrowser } from "./browser.mjs";
import { connected, openConsole, row, say } from "./console.mjs";
import { startWsd } from "./wsd.mjs";

inBrowser("what a program says never becomes markup", {}, async (t, context) => {
  const server = await startWsd(t, ["--devconsole", "--passstderr", "sh", "-c", "exec tee /dev/stderr"]);
  const page = await connected(context, server);
  for (const text of [
    "<script>window.ran = 1</script>",
    "<img src=x onerror='window.ran = 1'>",
    '{"name":"<b onclick=alert(1)>bold</b>"}',
    "</pre></li></ol><h1>not a heading</h1>",
    "javascript:alert(1)",
  ]) {
    await say(page, text);
    const shown = text.replace('":"', '": "');
    assert.equal(await row(page, "received", shown), shown);
    assert.equal(await row(page, "stderr", shown), shown);
  }
  assert.equal(await page.locator("#rows :is(script, img, b, h1, a, iframe)").count(), 0);
  assert.equal(await page.evaluate(() => window.ran), undefined);
});

inBrowser("control characters are shown and not obeyed", {}, async (t, context) => {
  const server = await startWsd(t, ["--devconsole", "printf", "\\033[31mred\\007\\n"]);
  const page = await openConsole(context, server);
  await page.keyboard.press("F2");
  assert.equal(await row(page, "received", "red"), "\\x1b[31mred\\x07");
});

// The browser says on its console what it has refused.
const refusals = /Content Security Policy|Trusted Type|TrustedHTML|TrustedScript|violates the following/;

inBrowser("the policy is in force, should the page ever have a hole", { expects: refusals }, async (t, context) => {
  const server = await startWsd(t, ["--devconsole", "cat"]);
  const other = await startWsd(t, ["--devconsole", "cat"]);
  const page = await openConsole(context, server);
  const refused = await page.evaluate(async (elsewhere) => {
    const directives = [];
    const violation = () =>
      new Promise((resolve) => {
        const heard = (event) => resolve(directives.push(event.effectiveDirective));
        document.addEventListener("securitypolicyviolation", heard, { once: true });
      });
    const attempt = async (act) => {
      const heard = violation();
      try {
        await act();
      } catch {
        // The event is what counts.
      }
      await heard;
    };
    const insert = (name, attributes) => document.body.append(Object.assign(document.createElement(name), attributes));
    await attempt(() => { document.body.innerHTML = "<b>markup</b>"; });
    await attempt(() => document.body.setAttribute("onclick", "window.ran = 1") ?? document.body.click());
    await attempt(() => insert("img", { src: elsewhere + "pixel" }));
    await attempt(() => insert("iframe", { src: elsewhere }));
    await attempt(() => fetch(elsewhere));
    await attempt(() => { new WebSocket(elsewhere.replace("http", "ws")); });
    await attempt(() => insert("style", { textContent: "body { display: none }" }));
    return directives;
  }, other.url);
  assert.deepEqual(refused, [
    "require-trusted-types-for",
    "require-trusted-types-for", // it holds for event handlers as well
    "img-src",
    "frame-src",
    "connect-src",
    "connect-src",
    "style-src-elem",
  ]);
  assert.equal(await page.evaluate(() => window.ran), undefined);
  assert.deepEqual(other.log.filter((line) => line.includes("ACCESS")), [], "the other server was asked nothing");
});

inBrowser("another site can't put the console into a frame", { expects: refusals }, async (t, context) => {
  const server = await startWsd(t, ["--devconsole", "cat"]);
  const page = await context.newPage();
  const [response] = await Promise.all([
    page.waitForResponse(server.url),
    page.setContent(`<iframe src="${server.url}"></iframe>`),
  ]);
  assert.match(response.headers()["content-security-policy"], /frame-ancestors 'none'/);
  await page.waitForFunction(() => frames.length === 1);
  await page.frames()[1].waitForURL(/^chrome-error:/);
});
