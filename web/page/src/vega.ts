// The drawing itself; a chunk of its own that only dashboards load. Vega's expressions are interpreted, so the page needs no
// `unsafe-eval`, and its loader refuses every address: charts show what they are given.
import * as vega from "vega";
import { expressionInterpreter } from "vega-interpreter";
import * as vegaLite from "vega-lite";
import { tooltip } from "./tooltip";
import type { Row } from "./types";

export interface Drawing {
  /** Shows other rows of a dataset. */
  rows(name: string, rows: Row[]): void;
  width(px: number): void;
  end(): void;
}

type Spec = Record<string, unknown>;

const EDGE = 8;

const loader = {
  load: () => Promise.reject(new Error("a chart loads nothing")),
  sanitize: () => Promise.resolve({ href: "" }),
} as unknown as vega.Loader;

/** What a chart leaves out of a spec on its way is no news. */
const logger = vega.logger(vega.Error);

/** Draws a Vega-Lite spec into a place that is `width` pixels wide. */
export async function draw(
  place: HTMLElement,
  spec: Spec,
  data: Record<string, Row[]>,
  config: Spec,
  width: number,
  isZoomable: boolean,
): Promise<Drawing> {
  const isFluid = spec.width === "container";
  const fitted: Spec = { ...spec };
  delete fitted.title;
  if (isFluid) {
    fitted.width = width;
    fitted.autosize = { type: "fit-x", contains: "padding" };
  }
  const whole = isZoomable ? zooming(roomy(fitted)) : fitted;
  const compiled = vegaLite.compile(whole as unknown as vegaLite.TopLevelSpec, { config: config as vegaLite.Config, logger }).spec;
  const runtime = vega.parse(compiled, undefined, { ast: true });
  const options = { renderer: "svg", container: place, hover: true, loader, logger, expr: expressionInterpreter };
  const view = new vega.View(runtime, options as unknown as vega.ViewOptions);
  view.tooltip(tooltip);
  const named = new Set((compiled.data ?? []).map((source) => source.name));
  for (const [name, rows] of Object.entries(data)) if (named.has(name)) view.data(name, rows);
  await view.runAsync();
  // A legend may break into more lines once axes have narrowed the chart; only another pass makes room for them.
  const settle = () => (compiled.legends ? view.resize().runAsync() : Promise.resolve(view));
  await settle();
  return {
    rows(name, rows) {
      if (named.has(name)) void view.data(name, rows).runAsync();
    },
    width(px) {
      if (isFluid) void view.width(px).runAsync().then(settle);
    },
    end() {
      view.finalize();
    },
  };
}

/**
 * Dragging moves along the axis, Ctrl or ⌘ with the wheel zooms: plain scrolling still scrolls the page. The values of the point
 * that is nearest to the pointer show: points themselves are too small to hit.
 */
function zooming(spec: Spec): Spec {
  const select = {
    type: "interval",
    encodings: ["x"],
    translate: "[pointerdown, window:pointerup] > window:pointermove!",
    zoom: "wheel![event.ctrlKey || event.metaKey]",
    clear: "dblclick",
  };
  const zoom = { name: "zoom", select, bind: "scales" };
  const near = { name: "near", select: { type: "point", nearest: true, on: "pointerover", clear: "pointerout" } };
  const layers = spec.layer as Spec[] | undefined;
  if (!layers) return { ...spec, params: [zoom] };
  const dots = layers.findIndex((layer) => markOf(layer) === "point");
  const carrier = Math.max(dots, 0);
  const params = dots >= 0 ? [zoom, near] : [zoom];
  return { ...spec, layer: layers.map((layer, index) => (index === carrier ? { ...layer, params } : layer)) };
}

/** Zoomed marks are cut at the frame: the first and the last get room before it. */
function roomy(spec: Spec): Spec {
  const encoding = spec.encoding as { x: Spec & { scale?: Spec } };
  const scale = { ...encoding.x.scale, padding: EDGE };
  return { ...spec, encoding: { ...encoding, x: { ...encoding.x, scale } } };
}

function markOf(layer: Spec): unknown {
  const mark = layer.mark as string | { type?: string } | undefined;
  return typeof mark === "object" ? mark.type : mark;
}
