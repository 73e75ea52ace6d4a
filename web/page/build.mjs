// The browser page: text files are kept compressed only, names carry a hash of their content so that browsers may keep them.
import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const here = import.meta.dirname ?? new URL(".", import.meta.url).pathname;
const FONT = "@fontsource-variable/inter/files/inter-SUBSET-wght-normal.woff2";

export default async function page(dist, modules) {
  await mkdir(join(dist, "assets"), { recursive: true });
  const fonts = {};
  for (const subset of ["latin", "latin-ext"]) {
    const bytes = await readFile(join(modules, FONT.replace("SUBSET", subset)));
    fonts[subset] = await keep(dist, `inter-${subset}.woff2`, bytes);
  }
  const bundled = await build({
    entryPoints: { app: join(here, "src/main.ts") },
    bundle: true,
    splitting: true,
    format: "esm",
    minify: true,
    target: "es2022",
    outdir: join(dist, "assets"),
    entryNames: "[name]-[hash]",
    chunkNames: "[name]-[hash]",
    nodePaths: [modules],
    write: false,
    legalComments: "none",
  });
  let app = "";
  for (const file of bundled.outputFiles) {
    const name = basename(file.path);
    if (name.startsWith("app-")) app = name;
    await writeFile(join(dist, "assets", `${name}.gz`), compressed(file.contents));
  }
  let styles = await readFile(join(here, "styles.css"), "utf8");
  for (const [subset, name] of Object.entries(fonts)) styles = styles.replaceAll(`inter-${subset}.woff2`, name);
  const minified = await build({ stdin: { contents: styles, loader: "css" }, minify: true, write: false });
  const css = await keep(dist, "app.css", Buffer.from(minified.outputFiles[0].contents));
  const icon = await keep(dist, "icon.svg", await readFile(join(here, "icon.svg")));
  const html = await readFile(join(here, "index.html"), "utf8");
  const whole = html.replace("app.js", app).replace("app.css", css).replace("icon.svg", icon);
  await writeFile(join(dist, "index.html.gz"), compressed(whole));
}

/// Writes an asset under a name that changes with its content, and gives the name.
async function keep(dist, name, bytes) {
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 8);
  const hashed = name.replace(/(\.\w+)$/, `-${hash}$1`);
  const isText = !name.endsWith(".woff2");
  await writeFile(join(dist, "assets", isText ? `${hashed}.gz` : hashed), isText ? compressed(bytes) : bytes);
  return hashed;
}

function compressed(bytes) {
  return gzipSync(bytes, { level: 9 });
}
