import { strict as assert } from "node:assert";

// agents has an agent below wsd A, and a page below each wsd.
export async function agents({ a, b, open, cue, shoot }) {
  const page = await open(`${b}/agents/`);
  await page.getByText("No agent is connected").waitFor();
  const command = await page.locator("#none pre code").textContent();
  assert.equal(command.split("\n").at(-1), `bin/homeagent --name=home ${b.replace("http", "ws")}/agents`);
  await shoot(page, "agents-none");
  await page.watch.check();
  await cue("start agent");
  await talk(page, "from the page below B");

  const other = await open(`${a}/agents/`, "dark");
  await talk(other, '<img src=x onerror="alert(1)">');
  assert.equal(await other.locator("img").count(), 0);
  assert.equal(await page.getByText("onerror").count(), 0, "a page sees what another has asked");
  for (const [one, name] of [[page, "agents-light"], [other, "agents-dark"]]) {
    await one.watch.check();
    await shoot(one, name);
  }

  await other.getByRole("button", { name: "Leave" }).click();
  await other.getByText("You have left.").waitFor();
  await other.getByRole("button", { name: "Put away" }).press("Enter");
  assert.equal(await other.locator(".talk").count(), 0);

  await cue("stop agent");
  for (const one of [page, other]) await one.getByText("No agent is connected").waitFor();
  await page.getByText("The agent has left.").waitFor();

  await cue("stop B");
  await page.getByText("Not connected").waitFor();
  await page.watch.check();
  await shoot(page, "agents-lost");
  await cue("start B");
  await page.getByText("Connected", { exact: true }).waitFor();
  await cue("start agent with a token");
  await page.getByLabel("Token").fill("wrong");
  await page.getByRole("button", { name: "Join home" }).click();
  await page.getByText("asks for another token").waitFor();
  await page.getByLabel("Token").fill("secret");
  await page.getByRole("button", { name: "Join home" }).press("Enter");
  await ask(page, "with a token");
  await page.watch.check();
  await shoot(page, "agents-token");
}

// talk joins the agent, with the keyboard, and asks it all there is.
export async function talk(page, text) {
  await page.getByRole("button", { name: "Join home" }).press("Enter");
  await page.getByRole("button", { name: "hostname" }).click();
  await page.getByRole("button", { name: "uptime" }).click();
  await ask(page, text);
  await page.waitForFunction(() => document.querySelectorAll(".talk .log p").length === 6);
}

export async function ask(page, text) {
  await page.getByLabel("Text to echo").fill(text);
  await page.getByLabel("Text to echo").press("Enter");
  await page.getByText(text, { exact: true }).waitFor();
}
