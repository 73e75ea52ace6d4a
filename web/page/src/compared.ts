// What a change compares, in words, as exported files say it.
import { count, range } from "./format";

type Dates = [string, string];

const month = new Intl.DateTimeFormat("en-US", { month: "short", year: "numeric", timeZone: "UTC" });
const monthAlone = new Intl.DateTimeFormat("en-US", { month: "short", timeZone: "UTC" });

/** "last 28 days vs the 28 before"; dates where the newer window does not end with what is covered; calendar months by name. */
export function compared(window: Dates, previous: Dates, covered: Dates): string {
  const isWhole = window[0] === covered[0] && window[1] === covered[1];
  const [own, against] = [calendar(window), calendar(previous)];
  if (own && against) return `${isWhole ? "" : `${own} `}vs ${against}`;
  const days = daysBetween(...window) + 1;
  const areAlike = daysBetween(previous[1], window[0]) === 1 && days === daysBetween(...previous) + 1;
  if (!areAlike) return `${isWhole ? "" : `${range(...window)} `}vs ${range(...previous)}`;
  const length = days === 1 ? "day" : count(days, "day");
  if (isWhole) return `vs the ${length} before`;
  if (window[1] !== covered[1]) return `${range(...window)} vs the ${length} before`;
  return `last ${length} vs the ${days === 1 ? "one" : days} before`;
}

/** The name of whole calendar months: "Nov 2026", "Q4 2026", "2026", or from the first to the last of them. */
function calendar([from, to]: Dates): string | undefined {
  const [start, end, next] = [new Date(from), new Date(to), new Date(Date.parse(to) + 86400000)];
  if (start.getUTCDate() !== 1 || next.getUTCDate() !== 1) return undefined;
  const [first, last] = [start.getUTCMonth() + 1, end.getUTCMonth() + 1];
  const [year, endYear] = [start.getUTCFullYear(), end.getUTCFullYear()];
  if (first === 1 && last === 12) return year === endYear ? `${year}` : `${year} – ${endYear}`;
  if (year !== endYear) return `${month.format(start)} – ${month.format(end)}`;
  if (first === last) return month.format(end);
  if (first + 2 === last && last % 3 === 0) return `Q${last / 3} ${year}`;
  return `${monthAlone.format(start)} – ${month.format(end)}`;
}

function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / 86400000);
}
