// Numbers, dates and names as people read them.

const plain = new Intl.NumberFormat(undefined, { maximumFractionDigits: 2 });
const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat(undefined, { notation: "compact", maximumSignificantDigits: 4 });
const percent = new Intl.NumberFormat(undefined, { style: "percent", maximumFractionDigits: 1 });
const small = new Intl.NumberFormat(undefined, { maximumSignificantDigits: 4 });
const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });

/** A value with its unit; `short` where there is little room. */
export function number(value: number | null | undefined, unit = "", format = "number", short = false): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  if (format === "percent" || unit === "ratio") {
    const size = Math.abs(value);
    return size > 0 && size < 0.01
      ? new Intl.NumberFormat(undefined, { style: "percent", maximumSignificantDigits: 2 }).format(value)
      : percent.format(value);
  }
  if (/^[A-Z]{3}$/.test(unit)) return money(value, unit, short);
  return unit ? `${bare(value, short)} ${unit}` : bare(value, short);
}

function bare(value: number, short: boolean): string {
  const size = Math.abs(value);
  if (short && size >= 1e6) return compact.format(value);
  if (size >= 10000) return whole.format(value);
  return size > 0 && size < 0.01 ? small.format(value) : plain.format(value);
}

function money(value: number, currency: string, short: boolean): string {
  const size = Math.abs(value);
  try {
    return new Intl.NumberFormat(undefined, {
      style: "currency",
      currency,
      ...(short && size >= 1e6
        ? { notation: "compact", maximumSignificantDigits: 4 }
        : { maximumFractionDigits: size >= 10000 ? 0 : 2, minimumFractionDigits: size >= 10000 ? 0 : 2 }),
    }).format(value);
  } catch {
    return `${bare(value, short)} ${currency}`;
  }
}

/** A relative change with its sign. */
export function change(value: number): string {
  return new Intl.NumberFormat(undefined, { style: "percent", maximumFractionDigits: 1, signDisplay: "exceptZero" }).format(value);
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
