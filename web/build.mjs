// Builds every bundle into web/dist, each into a folder of its name: node build.mjs
import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import page from "./page/build.mjs";
import render from "./render/build.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const bundles = { page, render };

await rm(join(here, "dist"), { recursive: true, force: true });
for (const [name, build] of Object.entries(bundles)) {
  await build(join(here, "dist", name), join(here, "node_modules"));
}
