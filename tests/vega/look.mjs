// What a drawn chart looks like: every mark and every text against the ground, and its colours against each other.
import { channels, contrast, distance, lab, over, SIGHTS } from "./colour.mjs";

/// Of marks, and of texts of this size, against the ground (WCAG 2.2, 1.4.11 and 1.4.3).
const OF_MARKS = 3;
const OF_TEXTS = 4.5;
/// In CIELAB, for the sight that tells two colours apart worst; 2.3 is just noticed.
const APART = 20;
/// Columns of a heatmap beyond which its cells are too narrow for edges.
const NARROW = 60;

/// What is wrong with the look of a drawn view on a ground.
export function looked(view, chart, ground, rows) {
  const problems = new Set();
  const colours = new Set();
  const items = [...walk(view.scenegraph().root.items[0])];
  const isNarrow = chart.kind === "heatmap" && across(chart, rows) > NARROW;
  const edges = new Set(items.filter(({ mark }) => mark.marktype === "line").map(({ item }) => item.stroke));
  for (const { mark, item } of items) {
    if (item.opacity === 0) continue;
    if (mark.marktype === "text") {
      if (!`${item.text ?? ""}`.trim() || !item.fill) continue;
      const seen = contrast(over(item.fill, ground, shown(item, "fill")), channels(ground));
      if (seen < OF_TEXTS) problems.add(`text "${item.text}" has contrast ${seen.toFixed(2)} on ${ground}`);
      continue;
    }
    if (!isData(mark)) continue;
    for (const colour of [item.fill, item.stroke]) if (solid(colour)) colours.add(colour);
    // An area is edged by a line of its colour.
    if (isNarrow || (mark.marktype === "area" && edges.has(item.fill))) continue;
    const best = Math.max(...["fill", "stroke"].map((part) => against(item, part, ground)));
    if (best < OF_MARKS) problems.add(`a ${mark.marktype} of ${item.fill ?? item.stroke} has contrast ${best.toFixed(2)} on ${ground}`);
  }
  if (colours.size === 0 && rows.length > 0) problems.add("nothing is to be seen of its rows");
  for (const problem of chart.kind === "heatmap" ? graded(view) : toldApart([...colours])) problems.add(problem);
  return [...problems];
}

/// Every item under a group's, with the mark that it is of.
function* walk(group) {
  for (const mark of group.items ?? []) {
    for (const child of mark.items ?? []) {
      if (mark.marktype === "group") yield* walk(child);
      else yield { mark, item: child };
    }
  }
}

const isData = (mark) => mark.role === "mark" && ["rect", "line", "symbol", "area", "rule", "path"].includes(mark.marktype);
const solid = (colour) => typeof colour === "string" && colour !== "transparent" && colour !== "none";
const shown = (item, part) => (item.opacity ?? 1) * (item[`${part}Opacity`] ?? 1);

function against(item, part, ground) {
  if (!solid(item[part])) return 0;
  if (part === "stroke" && item.strokeWidth === 0) return 0;
  return contrast(over(item[part], ground, shown(item, part)), channels(ground));
}

function across(chart, rows) {
  const field = chart.spec.encoding.x.field;
  return new Set(rows.map((row) => row[field])).size;
}

/// Every two colours of a chart must differ for everyone.
function toldApart(colours) {
  const problems = [];
  for (const [index, a] of colours.entries()) {
    for (const b of colours.slice(index + 1)) {
      const apart = distance(a, b);
      if (apart < APART) problems.push(`${a} and ${b} are ${apart.toFixed(1)} apart for some`);
    }
  }
  return problems;
}

/// A scale of colours must grow lighter all the way for everyone.
function graded(view) {
  const scale = view.scale("color");
  const [low, high] = [scale.domain()[0], scale.domain().at(-1)];
  if (!(low < high)) return [];
  const steps = Array.from({ length: 21 }, (_, step) => scale(low + ((high - low) * step) / 20));
  const falls = (sight) => steps.some((step, index) => index > 0 && lab(step, sight)[0] <= lab(steps[index - 1], sight)[0]);
  return SIGHTS.filter(falls).map((sight) => `its colours do not grow lighter all the way (${sight})`);
}
