// Draws every chart of the views (a JSON file of [{case, charts, data}]) as PNG in both themes into a folder, with contact
// sheets of twelve: node report.mjs views.json themes.json folder
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Resvg } from "@resvg/resvg-js";
import opentype from "opentype.js";
import * as vega from "vega";
import * as vegaLite from "vega-lite";

const require = createRequire(import.meta.url);
const face = (name) => require.resolve(`dejavu-fonts-ttf/ttf/${name}.ttf`);
const fontFiles = [face("DejaVuSans"), face("DejaVuSans-Bold")];
const [regular, bold] = fontFiles.map((file) => opentype.loadSync(file));
vega.textMetrics.width = (item, text) => {
  const written = Array.isArray(text) ? text.join(" ") : `${text ?? ""}`;
  const font = item.fontWeight === "bold" || item.fontWeight >= 600 ? bold : regular;
  const size = item.fontSize ?? 11;
  const scale = size / font.unitsPerEm;
  const width = [...written].reduce((sum, c) => sum + font.charToGlyph(c).advanceWidth * scale, 0);
  // Vega cuts a text at its limit by itself; until then it must take no more room than that.
  return item.limit > 0 ? Math.min(width, item.limit) : width;
};

const [viewsFile, themesFile, folder] = process.argv.slice(2);
const themes = JSON.parse(readFileSync(themesFile, "utf8"));
const WIDTH = { 12: 900, 6: 440, 3: 220 };
mkdirSync(folder, { recursive: true });

const png = (svg, zoom = 1) =>
  new Resvg(svg, {
    fitTo: { mode: "zoom", value: zoom },
    font: { loadSystemFonts: false, fontFiles, defaultFontFamily: "DejaVu Sans" },
  }).render();

async function draw(chart, data, width, config) {
  const spec = vegaLite.compile({ ...chart.spec, width }, { config }).spec;
  const view = new vega.View(vega.parse(spec), { renderer: "none", logger: vega.logger(vega.Error) });
  view.data(chart.dataset, structuredClone(data.datasets[chart.dataset]));
  return view.toSVG();
}

/// Twelve pictures on one sheet, three in a row.
function sheet(pictures, config) {
  const cell = { width: 620, height: 420 };
  const items = pictures.map(({ name, image }, index) => {
    const zoom = Math.min(1, (cell.width - 20) / image.width, (cell.height - 40) / image.height);
    const [x, y] = [(index % 3) * cell.width + 10, Math.floor(index / 3) * cell.height + 30];
    const href = `data:image/png;base64,${image.asPng().toString("base64")}`;
    const label = name.replace(/[&<>]/g, "_");
    return `<text x="${x}" y="${y - 10}" font-size="12" fill="#888">${label}</text>
      <image x="${x}" y="${y}" width="${image.width * zoom}" height="${image.height * zoom}" href="${href}"/>`;
  });
  const height = Math.ceil(pictures.length / 3) * cell.height;
  return png(`<svg xmlns="http://www.w3.org/2000/svg" width="${cell.width * 3}" height="${height}" font-family="DejaVu Sans">
    <rect width="100%" height="100%" fill="${config.background}"/>${items.join("")}</svg>`);
}

let drawn = 0;
for (const [theme, { config }] of Object.entries(themes)) {
  const pictures = [];
  for (const { case: title, charts, data } of JSON.parse(readFileSync(viewsFile, "utf8"))) {
    for (const chart of charts.charts) {
      const block = charts.layout.blocks.find((block) => block.chart === chart.id);
      const image = png(await draw(chart, data, WIDTH[block?.span ?? 12], config));
      const name = `${title} ${chart.id}`;
      writeFileSync(`${folder}/${name.replace(/[^\w.-]+/g, "_").slice(0, 120)}.${theme}.png`, image.asPng());
      pictures.push({ name, image });
      drawn += 1;
    }
  }
  for (let first = 0; first < pictures.length; first += 12) {
    const image = sheet(pictures.slice(first, first + 12), config);
    writeFileSync(`${folder}/sheet_${theme}_${String(first / 12).padStart(2, "0")}.png`, image.asPng());
  }
}
console.log(`charts: drawn=${drawn} folder=${folder}`);
process.exitCode = drawn === 0 ? 1 : 0;
