// Checks views (a JSON file of [{case, charts, data}]) in both themes (a JSON file of {name: {config, paper}}): every spec
// validates against the schema of the pinned Vega-Lite, holds neither data nor a URL, says what it shows, compiles and draws
// without a warning, shows each date as it is written, and can be seen by everyone:
// node check.mjs views.json themes.json
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import Ajv from "ajv";
import addFormats from "ajv-formats";
import * as vega from "vega";
import * as vegaLite from "vega-lite";
import { looked } from "./look.mjs";

const require = createRequire(import.meta.url);
const schema = JSON.parse(readFileSync(require.resolve("vega-lite/vega-lite-schema.json"), "utf8"));
const ajv = new Ajv({ allErrors: true, allowUnionTypes: true, strict: false });
addFormats(ajv);
ajv.addFormat("color-hex", () => true);
const validate = ajv.compile(schema);

const [viewsFile, themesFile] = process.argv.slice(2);
const themes = JSON.parse(readFileSync(themesFile, "utf8"));
const problems = [];
let drawn = 0;

/// A logger whose warnings are problems.
function logger(name) {
  const report = (...words) => problems.push(`${name}: ${words.join(" ")}`);
  const log = { level: () => log, error: report, warn: report, info: () => log, debug: () => log };
  return log;
}

async function check(name, chart, data) {
  const spec = chart.spec;
  const text = JSON.stringify(spec);
  if (/:\/\/|"values"|"url"|\$schema/.test(text)) problems.push(`${name}: holds data or a URL`);
  if (!validate(spec)) problems.push(`${name}: ${ajv.errorsText(validate.errors.slice(0, 5))}`);
  const title = typeof spec.title === "string" ? spec.title : spec.title?.text;
  if (!chart.title?.trim() || title !== chart.title) problems.push(`${name}: has no title, or two: ${title}`);
  if (!spec.description?.includes(chart.title)) problems.push(`${name}: its description does not say what it shows`);
  const rows = data.datasets[chart.dataset];
  if (spec.data.name !== chart.dataset || !rows) {
    problems.push(`${name}: names the dataset ${spec.data.name}, not ${chart.dataset}`);
    return;
  }
  for (const [theme, { config, paper }] of Object.entries(themes)) await draw(`${name} (${theme})`, chart, data, config, paper);
}

async function draw(name, chart, data, config, paper) {
  const rows = data.datasets[chart.dataset];
  const log = logger(name);
  const compiled = vegaLite.compile({ ...chart.spec, width: 600 }, { config, logger: log }).spec;
  const view = new vega.View(vega.parse(compiled), { renderer: "none", logger: log });
  view.data(chart.dataset, structuredClone(rows));
  const svg = await view.toSVG();
  if (/NaN|undefined/.test(svg)) problems.push(`${name}: draws NaN or undefined`);
  checkDates(name, chart, data, svg);
  for (const ground of new Set([config.background, paper])) {
    for (const problem of looked(view, chart, ground, rows)) problems.push(`${name}: ${problem}`);
  }
  drawn += 1;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Of a chart over days, every mark's text for screen readers must give a date that its rows have, and every label of an
/// axis one between the first and the last of them.
function checkDates(name, chart, data, svg) {
  const time = data.columns[chart.dataset].find((column) => column.type === "date");
  if (!time || !/^(day|week)$/.test(data.grain) || chart.kind === "scatter") return;
  const days = data.datasets[chart.dataset].map((row) => row[time.id]);
  const [first, last] = [[...days].sort()[0], [...days].sort().at(-1)];
  const iso = (day, month, year) => `${year}-${String(MONTHS.indexOf(month) + 1).padStart(2, "0")}-${day.padStart(2, "0")}`;
  const told = [...svg.matchAll(/aria-label="[^"]*?([A-Z][a-z]{2}) (\d{2}), (\d{4})/g)];
  const strangers = told.map(([, month, day, year]) => iso(day, month, year)).filter((date) => !days.includes(date));
  if (told.length === 0) problems.push(`${name}: no mark tells its date`);
  if (strangers.length > 0) problems.push(`${name}: draws ${strangers[0]}, which no row has`);
  const labels = [...svg.matchAll(/>(\d{1,2}) ([A-Z][a-z]{2}) (\d{4})<\/text>/g)].map(([, ...date]) => iso(...date));
  if (labels.length === 0) problems.push(`${name}: its axis tells no date`);
  const outside = labels.filter((date) => date < first || date > last);
  if (outside.length > 0) problems.push(`${name}: its axis tells ${outside[0]}, outside ${first} to ${last}`);
}

for (const { case: title, charts, data } of JSON.parse(readFileSync(viewsFile, "utf8"))) {
  for (const chart of charts.charts) await check(`${title} ${chart.id}`, chart, data);
}
for (const problem of problems) console.error(problem);
console.log(`vega: drawn=${drawn} problems=${problems.length}`);
process.exitCode = problems.length > 0 || drawn === 0 ? 1 : 0;
