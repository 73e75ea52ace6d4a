// Numbers, dates and names as people read them.

const LANGUAGE = "en";
const SPACE = "\u00a0";
const compact = new Intl.NumberFormat(LANGUAGE, { notation: "compact", maximumSignificantDigits: 4 });
const small = new Intl.NumberFormat(LANGUAGE, { maximumSignificantDigits: 4 });
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });

/** A value with its unit, written as exported files write it; `short` where there is little room. */
export function number(value: number | null | undefined, unit = "", format = "number", short = false): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  if (format === "percent" || unit === "ratio") return `${digits(value * 100, 1, 2)}%`;
  const text = short && Math.abs(value) >= 1e6 ? compact.format(value) : bare(value, format);
  return unit ? `${text}${SPACE}${unit}` : text;
}

function bare(value: number, format: string): string {
  if (format === "integer") return digits(value, 0, 0);
  if (format === "currency") return digits(value, 2, 2);
  const size = Math.abs(value);
  // Four significant digits of what would vanish.
  const most = size === 0 || size >= 1 ? 2 : Math.min(12, 3 - Math.floor(Math.log10(size)));
  return digits(value, 0, most);
}

/** Thousands in groups, so many digits behind the point; zero has no sign. */
function digits(value: number, least: number, most: number): string {
  const options = { minimumFractionDigits: least, maximumFractionDigits: most, signDisplay: "negative" } as const;
  return new Intl.NumberFormat(LANGUAGE, options).format(value);
}

/** A relative change with its sign. */
export function change(value: number): string {
  const percent = value * 100;
  const decimals = Math.abs(percent) >= 1000 ? 0 : 1;
  return `${percent > 0 ? "+" : ""}${digits(percent, decimals, decimals)}%`;
}

/** Any number of an evidence, at four digits. */
export function figure(value: unknown): string {
  return typeof value === "number" ? small.format(value) : String(value);
}

export function date(text: string): string {
  const parsed = new Date(`${text.slice(0, 10)}T00:00:00Z`);
  return Number.isNaN(parsed.valueOf()) ? text : day.format(parsed);
}

export function range(from: string, to: string): string {
  return from === to ? date(from) : `${date(from)} – ${date(to)}`;
}

/** A count and its word: "1 day", "28 days". */
export function count(number: number, one: string, several = `${one}s`): string {
  return `${digits(number, 0, 0)} ${number === 1 ? one : several}`;
}

export function time(text: string): string {
  return moment.format(new Date(text));
}

/** How long ago something was. */
export function ago(text: string, now = Date.now()): string {
  const seconds = Math.round((Date.parse(text) - now) / 1000);
  const steps: [Intl.RelativeTimeFormatUnit, number][] = [
    ["day", 86400],
    ["hour", 3600],
    ["minute", 60],
  ];
  for (const [unit, length] of steps) {
    if (Math.abs(seconds) >= length) return relative.format(Math.trunc(seconds / length), unit);
  }
  return Math.abs(seconds) < 10 ? "just now" : relative.format(seconds, "second");
}

/** `level_shift` → `Level shift`. */
export function words(name: string): string {
  const text = name.replaceAll("_", " ").trim();
  return text.charAt(0).toUpperCase() + text.slice(1);
}
