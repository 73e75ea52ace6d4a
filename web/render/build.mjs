// web/dist/render: the script that draws charts in the service, and the fonts that it measures and draws with.
import { build } from "esbuild";
import { copyFile, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const FONTS = [
  "@expo-google-fonts/inter/400Regular/Inter_400Regular.ttf",
  "@expo-google-fonts/inter/600SemiBold/Inter_600SemiBold.ttf",
  "@expo-google-fonts/inter/700Bold/Inter_700Bold.ttf",
  "dejavu-fonts-ttf/ttf/DejaVuSans.ttf",
  "dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf",
];
/// What an exported page brings along for browsers.
const WEB_FONT = "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2";

/// Builds into the folder `out`; `modules` is where npm installed to.
export default async function render(out, modules) {
  await mkdir(out, { recursive: true });
  await build({
    entryPoints: [join(dirname(fileURLToPath(import.meta.url)), "main.mjs")],
    outfile: join(out, "charts.js"),
    bundle: true,
    minify: true,
    format: "esm",
    platform: "neutral",
    mainFields: ["module", "main"],
    target: "es2023",
    legalComments: "none",
    logLevel: "warning",
  });
  for (const font of FONTS) await copyFile(join(modules, font), join(out, font.split("/").at(-1)));
  await copyFile(join(modules, WEB_FONT), join(out, "inter-latin.woff2"));
}
