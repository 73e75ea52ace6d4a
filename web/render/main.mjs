// Draws a Vega-Lite spec as SVG, inside an engine that has neither network nor files nor `eval`.
//
// The host calls `install(measure)` once, then `draw(spec, data, config)` for each chart.
import "./polyfill.mjs";
import * as vega from "vega";
import { expressionInterpreter } from "vega-interpreter";
import * as vegaLite from "vega-lite";
import { measureWith } from "./text.mjs";

const CONTROL_CHARACTERS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

/// Refuses every address: a chart shows what it is given.
const loader = {
  options: {},
  load: () => Promise.reject(new Error("a chart loads nothing")),
  http: () => Promise.reject(new Error("a chart loads nothing")),
  file: () => Promise.reject(new Error("a chart loads nothing")),
  sanitize: () => Promise.resolve({ href: null }),
  fileAccess: false,
};

/// Takes the host's way to measure text: `measure(weight, text)` is a width in em.
export function install(measure) {
  vega.textMetrics.width = measureWith(measure);
}

/// The SVG of a spec. `spec`, `data` (rows by dataset) and `config` are JSON texts.
/// Rejects where Vega says that it could not draw, rather than giving an empty picture.
export async function draw(spec, data, config) {
  const problems = [];
  const logger = collecting(problems);
  vega.resetSVGDefIds();
  const compiled = vegaLite.compile(JSON.parse(spec), { config: JSON.parse(config), logger }).spec;
  const runtime = vega.parse(compiled, undefined, { ast: true });
  const view = new vega.View(runtime, { renderer: "none", loader, logger, expr: expressionInterpreter });
  try {
    const named = new Set((compiled.data ?? []).map((source) => source.name));
    for (const [name, rows] of Object.entries(JSON.parse(data))) {
      if (named.has(name)) view.data(name, rows);
    }
    const svg = await view.toSVG();
    if (problems.length > 0) throw new Error(problems[0]);
    return svg.replace(CONTROL_CHARACTERS, "");
  } finally {
    view.finalize();
  }
}

/// A logger that keeps what stops a chart from being drawn: errors, and data that could not be loaded.
function collecting(problems) {
  const log = {
    level: () => log,
    error(...words) {
      problems.push(words.join(" "));
      return log;
    },
    warn(...words) {
      const text = words.join(" ");
      if (text.startsWith("Loading failed")) problems.push(text);
      return log;
    },
    info: () => log,
    debug: () => log,
  };
  return log;
}
