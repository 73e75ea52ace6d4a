// Text is measured by the host with the fonts that it draws with, so labels neither overlap nor get cut.
import { textMetrics } from "vega";

const KEPT = 5000;
const DEFAULT_SIZE = 11;

/// Vega's `textMetrics.width`, from the host's `measure(weight, text)` in em.
export function measureWith(measure) {
  const widths = new Map();
  const em = (weight, text) => {
    const key = `${weight}|${text}`;
    let width = widths.get(key);
    if (width === undefined) {
      if (widths.size >= KEPT) widths.clear();
      width = measure(weight, text);
      widths.set(key, width);
    }
    return width;
  };
  return (item, text) => {
    const size = item.fontSize == null ? DEFAULT_SIZE : Number(item.fontSize) || 0;
    const shown = text == null ? "" : `${text}`.trim();
    if (size <= 0 || shown === "") return 0;
    const width = em(`${item.fontWeight ?? "normal"}`, shown) * size;
    // Vega cuts a text at its limit by itself; until then it must take no more room than that.
    const limit = Number(item.limit);
    return limit > 0 && width > limit ? limit : width;
  };
}

/// A text in lines of at most `width` pixels, broken between words.
export function wrapped(text, style, width) {
  const lines = [];
  let line = "";
  for (const word of text.split(/\s+/)) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && textMetrics.width(style, longer) > width) {
      lines.push(line);
      line = word;
    } else {
      line = longer;
    }
  }
  return [...lines, line];
}
