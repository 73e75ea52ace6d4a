// Checks views (a JSON file of [{case, charts, data}]): every spec validates against the schema of the pinned
// Vega-Lite, holds neither data nor a URL, compiles and draws without a warning, and shows each date as it is written.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import Ajv from "ajv";
import addFormats from "ajv-formats";
import * as vega from "vega";
import * as vegaLite from "vega-lite";

const require = createRequire(import.meta.url);
const schema = JSON.parse(readFileSync(require.resolve("vega-lite/vega-lite-schema.json"), "utf8"));
const ajv = new Ajv({ allErrors: true, allowUnionTypes: true, strict: false });
addFormats(ajv);
ajv.addFormat("color-hex", () => true);
const validate = ajv.compile(schema);

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
  const rows = data.datasets[chart.dataset];
  if (spec.data.name !== chart.dataset || !rows) {
    problems.push(`${name}: names the dataset ${spec.data.name}, not ${chart.dataset}`);
    return;
  }
  const log = logger(name);
  const compiled = vegaLite.compile({ ...spec, width: 600 }, { logger: log }).spec;
  const view = new vega.View(vega.parse(compiled), { renderer: "none", logger: log });
  view.data(chart.dataset, structuredClone(rows));
  const svg = await view.toSVG();
  if (/NaN|undefined/.test(svg)) problems.push(`${name}: draws NaN or undefined`);
  checkDates(name, chart, data, svg);
  drawn += 1;
}

/// Of a chart over days, every mark's text for screen readers must give a date that the rows have, and the first and
/// last of them.
function checkDates(name, chart, data, svg) {
  if (chart.dataset !== "trend" || data.grain !== "day") return;
  const time = data.columns.trend[0].id;
  const written = new Intl.DateTimeFormat("en-US", { timeZone: "UTC", year: "numeric", month: "short", day: "2-digit" });
  const expected = data.datasets.trend.map((row) => written.format(new Date(row[time])));
  const seen = [...svg.matchAll(/aria-label="[^"]*?([A-Z][a-z]{2} \d{2}, \d{4})/g)].map((match) => match[1]);
  const strangers = seen.filter((date) => !expected.includes(date));
  if (seen.length === 0) problems.push(`${name}: no mark tells its date`);
  if (strangers.length > 0) problems.push(`${name}: draws ${strangers[0]}, which no row has`);
}

for (const { case: title, charts, data } of JSON.parse(readFileSync(process.argv[2], "utf8"))) {
  for (const chart of charts.charts) await check(`${title} ${chart.id}`, chart, data);
}
for (const problem of problems) console.error(problem);
console.log(`vega: drawn=${drawn} problems=${problems.length}`);
process.exitCode = problems.length > 0 || drawn === 0 ? 1 : 0;
