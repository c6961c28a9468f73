// What the tests need beside node. Where it is missing they are skipped, and say
// what for; under CI=true that is a failure.

import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";

export const chromiumPath = process.env.CHROMIUM || "/usr/bin/chromium";

const [major] = process.versions.node.split(".").map(Number);

// missing names what there is not, of the browser and of tools, programs that
// know --version. It is false if nothing is missing.
export function missing(...tools) {
  return named([...browserLacks(), ...tools.filter((tool) => spawnSync(tool, ["--version"]).error)]);
}

// python is the one that Debian's packages are for.
export const python = process.env.PYTHON || "/usr/bin/python3";

// missingClient names a client that is not installed, or is false.
export function missingClient(name) {
  if (name === "python3-websockets") {
    return named(spawnSync(python, ["-c", "import websockets"]).status === 0 ? [] : [name]);
  }
  return named(packagesLack(name));
}

function named(lacking) {
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
  return [...lacking, ...packagesLack("playwright-core", "axe-core")];
}

function packagesLack(...names) {
  const lacking = [];
  for (const name of names) {
    try {
      import.meta.resolve(name);
    } catch {
      lacking.push(`${name} (npm ci --ignore-scripts)`);
    }
  }
  return lacking;
}
