// Metric cards: the value, how it moved, and its line.
import { compared } from "./compared";
import { h, svg } from "./dom";
import { change, count, number, range } from "./format";
import { type Selection, isWhole, rowsOf, timeOf, within } from "./selection";
import type { Dashboard, Metric } from "./types";

const WIDTH = 240;
const HEIGHT = 40;
const EDGE = 3;

export function cards(dashboard: Dashboard, metrics: Metric[], selection: Selection): HTMLElement {
  return h("div", { class: "cards" }, ...metrics.map((metric) => card(dashboard, metric, selection)));
}

function card(dashboard: Dashboard, metric: Metric, selection: Selection): HTMLElement {
  const whole = isWhole(selection);
  const value = whole ? metric.value : within(dashboard, metric, selection);
  return h(
    "article",
    { class: "card" },
    h("h2", { title: metric.label }, metric.label),
    h("p", { class: "value", title: number(value, metric.unit, metric.format) }, number(value, metric.unit, metric.format, true)),
    ...(whole ? movement(dashboard, metric) : [h("p", { class: "movement faint" }, value === undefined ? "not known for this selection" : "in this selection")]),
    line(dashboard, metric, selection),
  );
}

function movement(dashboard: Dashboard, metric: Metric): Node[] {
  const compare = metric.compare;
  if (metric.value === null && metric.reason) return [h("p", { class: "movement faint" }, metric.reason)];
  if (!compare) return [h("p", { class: "movement faint" }, `nothing to compare with: ${metric.compare_reason ?? "not known yet"}`)];
  const title = `${range(...compare.window)} against ${range(...compare.previous_window)}`;
  if (compare.change === null) {
    return [h("p", { class: "movement faint", title }, metric.compare_reason ?? `${number(compare.previous, metric.unit, metric.format)} before`)];
  }
  const direction = Math.sign(compare.change);
  const isGood = (direction > 0) === (metric.good === "up");
  const tone = metric.good === "neutral" || direction === 0 ? "flat" : isGood ? "good" : "bad";
  const arrow = direction > 0 ? "▲" : direction < 0 ? "▼" : "■";
  const values = [number(compare.value, "", metric.format, true), number(compare.previous, metric.unit, metric.format, true)];
  const unequal = compare.with_values;
  return [
    h(
      "p",
      { class: "movement", title },
      h("span", { class: `pill pill-${tone}` }, h("span", { "aria-hidden": "true" }, `${arrow} `), change(compare.change)),
      h("span", { class: "faint" }, compared(compare.window, compare.previous_window, [dashboard.data_start_date, dashboard.data_end_date])),
    ),
    h("p", { class: "movement faint" }, values.join(" vs ")),
    ...(unequal ? [h("p", { class: "movement faint" }, `${count(unequal.window, unequal.step)} with values, ${unequal.previous} before`)] : []),
  ];
}

/** The metric over time as a line; for eyes only, the trend chart and its table say the same. */
function line(dashboard: Dashboard, metric: Metric, selection: Selection): Node | null {
  if (!timeOf(dashboard, "trend")) return null;
  // A step that is not covered to its end would look like a fall.
  const whole = rowsOf(dashboard, "trend", selection).filter((row) => row._partial !== true);
  const values = whole.map((row) => row[metric.id]);
  const known = values.filter((value): value is number => typeof value === "number");
  if (known.length < 2) return null;
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const x = (index: number): number => EDGE + (index * (WIDTH - 2 * EDGE)) / (values.length - 1);
  const y = (value: number): number => (high === low ? HEIGHT / 2 : EDGE + ((high - value) * (HEIGHT - 2 * EDGE)) / (high - low));
  let path = "";
  let isGap = true;
  values.forEach((value, index) => {
    if (typeof value === "number") path += `${isGap ? "M" : "L"}${x(index).toFixed(1)} ${y(value).toFixed(1)}`;
    isGap = typeof value !== "number";
  });
  return svg(
    "svg",
    { class: "spark", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" },
    svg("path", { d: path, fill: "none", "vector-effect": "non-scaling-stroke" }),
  );
}
