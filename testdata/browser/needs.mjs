// What the tests need beside node. Where it is missing they are skipped, and say
// what for; under CI=true that is a failure.

import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";

export const chromiumPath = process.env.CHROMIUM || "/usr/bin/chromium";

const [major] = process.versions.node.split(".").map(Number);

// missing names what there is not, of the browser and of tools, programs that
// know --version. It is false if nothing is missing.
export function missing(...tools) {
  const lacking = [...browserLacks(), ...tools.filter((tool) => spawnSync(tool, ["--version"]).error)];
  if (lacking.length === 0) return false;
  const text = `missing: ${lacking.join(", ")}`;
  if (process.env.CI === "true") throw new Error(text);
  return text;
}

function browserLacks() {
  const lacking = [];
  if (major < 20) lacking.push("node 20 or newer");
  try {
    accessSync(chromiumPath, constants.X_OK);
  } catch {
    lacking.push(`${chromiumPath} (or CHROMIUM=path)`);
  }
  for (const name of ["playwright-core", "axe-core"]) {
    try {
      import.meta.resolve(name);
    } catch {
      lacking.push(`${name} (npm ci --ignore-scripts)`);
    }
  }
  return lacking;
}
