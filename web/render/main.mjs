// Draws a Vega-Lite spec as SVG, inside an engine that has neither network nor files nor `eval`.
//
// The host calls `install(measure)` once, then `draw(spec, data, config, width)` for each chart.
import "./polyfill.mjs";
import * as vega from "vega";
import { expressionInterpreter } from "vega-interpreter";
import * as vegaLite from "vega-lite";
import { measureWith, wrapped } from "./text.mjs";

/// Vega leaves so much free on each side.
const PADDING = 5;
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

/// Takes the host's way to measure text, `measure(weight, text)` in em, and closes what a spec could write to.
export function install(measure) {
  vega.textMetrics.width = measureWith(measure);
  for (const name of Object.getOwnPropertyNames(globalThis)) {
    const value = globalThis[name];
    if (typeof value === "function") close(value);
  }
}

/// No expression or field name of one chart may leave anything behind for the next.
function close(constructor) {
  Object.preventExtensions(constructor);
  if (constructor.prototype) Object.preventExtensions(constructor.prototype);
}

/// The SVG of a spec, `width` pixels wide. `spec`, `data` (rows by dataset) and `config` are JSON texts.
/// Rejects where Vega says that it could not draw, rather than giving an empty picture.
export async function draw(spec, data, config, width) {
  const problems = [];
  const logger = collecting(problems);
  vega.resetSVGDefIds();
  const theme = { ...JSON.parse(config), aria: false };
  const compiled = vegaLite.compile(fitted(still(JSON.parse(spec)), theme, width), { config: theme, logger }).spec;
  const runtime = vega.parse(compiled, undefined, { ast: true });
  const view = new vega.View(runtime, { renderer: "none", loader, logger, expr: expressionInterpreter });
  try {
    const named = new Set((compiled.data ?? []).map((source) => source.name));
    for (const [name, rows] of Object.entries(JSON.parse(data))) {
      if (named.has(name)) view.data(name, rows);
    }
    await view.runAsync();
    // A legend may break into more lines once axes have narrowed the chart; only another pass makes room for them.
    if (compiled.legends) await view.resize().runAsync();
    const svg = await view.toSVG();
    if (problems.length > 0) throw new Error(problems[0]);
    // Where memory does not even suffice for an error, Vega takes what it has for the whole chart.
    if (!/ role-(mark|scope) /.test(svg)) throw new Error("it needs more memory than a chart may");
    return svg.replace(CONTROL_CHARACTERS, "");
  } finally {
    view.finalize();
  }
}

/// A spec without what nobody sees in a picture, and what takes time for each mark: the values under a pointer. (`aria` is off for
/// the same reason: whoever shows the picture says what it is.)
function still(spec) {
  if (typeof spec !== "object" || spec === null) return spec;
  if (typeof spec.mark === "object") delete spec.mark.tooltip;
  if (spec.encoding) delete spec.encoding.tooltip;
  for (const layer of spec.layer ?? []) still(layer);
  still(spec.spec);
  return spec;
}

/// A spec that is as wide as its place, axes and legends included, with its title in lines that fit into all of it.
function fitted(spec, theme, width) {
  if (spec.width === "container") {
    spec.width = width;
    spec.autosize ??= { type: "fit-x", contains: "padding" };
  }
  const title = typeof spec.title === "string" ? { text: spec.title } : spec.title;
  if (typeof title?.text === "string") {
    const { fontSize = 13, fontWeight = "bold" } = { ...theme.title, ...title };
    const text = wrapped(title.text, { fontSize, fontWeight }, width - 2 * PADDING);
    spec.title = { ...title, text, frame: "bounds", limit: width - 2 * PADDING };
  }
  return spec;
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
