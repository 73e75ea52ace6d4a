// The steps in which a dashboard counts time: dates fall into them, and a stretch of them is all that can be chosen. Dates are texts,
// `2026-11-02`, in UTC.

/** A stretch of dates, both inclusive. */
export interface Stretch {
  from: string;
  to: string;
}

const DAY_MS = 86400000;
const MONTHS: Record<string, number> = { month: 1, quarter: 3, year: 12, decade: 120, century: 1200 };
/** How many steps back a reader may want to look, by the step. */
const LATEST: Record<string, number[]> = {
  day: [7, 28, 90],
  week: [4, 13, 26],
  month: [3, 6, 12],
  quarter: [2, 4, 8],
};
const FEW = [2, 5, 10];

/** The first date of the step that a date lies in, or of the one `later` steps behind it. */
export function start(grain: string, date: string, later = 0): string {
  const day = Date.parse(`${date}T00:00:00Z`);
  const months = MONTHS[grain];
  if (months === undefined) {
    const length = grain === "week" ? 7 : 1;
    // The first of January 1970 was a Thursday: weeks begin three days before it.
    const shift = grain === "week" ? 3 : 0;
    const step = Math.floor((day / DAY_MS + shift) / length) + later;
    return text((step * length - shift) * DAY_MS);
  }
  const whole = new Date(day);
  const step = Math.floor((whole.getUTCFullYear() * 12 + whole.getUTCMonth()) / months) + later;
  const first = new Date(0);
  first.setUTCFullYear(Math.floor((step * months) / 12), (step * months) % 12, 1);
  return text(first.valueOf());
}

/** The last date of the step that a date lies in. */
export function end(grain: string, date: string): string {
  return text(Date.parse(`${start(grain, date, 1)}T00:00:00Z`) - DAY_MS);
}

/** The whole steps that a stretch touches. */
export function snapped(grain: string, { from, to }: Stretch): Stretch {
  return { from: start(grain, from), to: end(grain, to) };
}

/** The latest so many steps of a stretch. */
export function latest(grain: string, whole: Stretch, count: number): Stretch {
  return { from: start(grain, whole.to, 1 - count), to: whole.to };
}

/** How many of the latest steps can be chosen of a stretch: fewer than there are. */
export function choices(grain: string, whole: Stretch): number[] {
  return (LATEST[grain] ?? FEW).filter((count) => latest(grain, whole, count).from > whole.from);
}

/** `4 weeks`, `1 century`. */
export function counted(grain: string, count: number): string {
  if (count === 1) return `1 ${grain}`;
  return `${count} ${grain === "century" ? "centuries" : `${grain}s`}`;
}

function text(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
