// What a change compares, in words, as exported files say it.
import { count, range } from "./format";

type Dates = [string, string];

/** "last 28 days vs the 28 before"; dates where the newer window does not end with what is covered. */
export function compared(window: Dates, previous: Dates, covered: Dates): string {
  const isWhole = window[0] === covered[0] && window[1] === covered[1];
  const common = commonLength(window, previous);
  if (!common) return `${isWhole ? "" : `${range(...window)} `}vs ${range(...previous)}`;
  const [length, step] = common;
  const steps = length === 1 ? step : count(length, step);
  if (isWhole) return `vs the ${steps} before`;
  if (window[1] !== covered[1]) return `${range(...window)} vs the ${steps} before`;
  return `last ${steps} vs the ${length === 1 ? "one" : length} before`;
}

/** How long two windows are that follow each other: whole calendar months, or else days; none where they are not alike. */
function commonLength(window: Dates, previous: Dates): [number, string] | undefined {
  if (daysBetween(previous[1], window[0]) !== 1) return undefined;
  const months = wholeMonths(window);
  if (months && months === wholeMonths(previous)) return [months, "month"];
  const days = daysBetween(...window) + 1;
  return days === daysBetween(...previous) + 1 ? [days, "day"] : undefined;
}

/** The number of calendar months that the dates are made of; 0 where they are none. */
function wholeMonths([from, to]: Dates): number {
  const [start, next] = [new Date(from), new Date(Date.parse(to) + 86400000)];
  if (start.getUTCDate() !== 1 || next.getUTCDate() !== 1) return 0;
  return (next.getUTCFullYear() - start.getUTCFullYear()) * 12 + next.getUTCMonth() - start.getUTCMonth();
}

function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / 86400000);
}
