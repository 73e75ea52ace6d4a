// What the reader has narrowed the dashboard to, and what of the data that can apply to.
import type { Column, Dashboard, Metric, Row } from "./types";

export interface Selection {
  /** The first date of a step; null from the beginning. */
  from: string | null;
  /** The last date of a step; null up to the end. */
  to: string | null;
  /** The chosen value by dimension. */
  segments: Record<string, string>;
}

/** How far two sums may be apart and count as the same, relative. */
const SAME = 1e-9;
const MOST_VALUES = 200;

export function isWhole(selection: Selection): boolean {
  return !selection.from && !selection.to && Object.keys(selection.segments).length === 0;
}

export function columnsOf(dashboard: Dashboard, dataset: string): Column[] {
  return dashboard.processed_data.columns?.[dataset] ?? [];
}

export function timeOf(dashboard: Dashboard, dataset: string): string | null {
  return columnsOf(dashboard, dataset).find((column) => column.role === "time")?.id ?? null;
}

/** The step in which the dashboard counts time: a row stands for the one that begins with its date. */
export function grainOf(dashboard: Dashboard): string {
  return dashboard.processed_data.grain ?? "day";
}

/** The dimensions one can narrow to, with their values in the order shown. */
export function dimensions(dashboard: Dashboard): { column: Column; values: string[] }[] {
  const found = new Map<string, { column: Column; values: Set<string> }>();
  for (const [dataset, rows] of Object.entries(dashboard.processed_data.datasets ?? {})) {
    for (const column of columnsOf(dashboard, dataset)) {
      if (column.role !== "dimension") continue;
      const entry = found.get(column.id) ?? { column, values: new Set<string>() };
      for (const row of rows) {
        const value = row[column.id];
        if (value !== null && value !== undefined) entry.values.add(String(value));
      }
      found.set(column.id, entry);
    }
  }
  const usable = [...found.values()].filter((entry) => entry.values.size > 1);
  return usable.map((entry) => ({ column: entry.column, values: [...entry.values].slice(0, MOST_VALUES) }));
}

/** The rows of a dataset that the selection leaves. */
export function rowsOf(dashboard: Dashboard, dataset: string, selection: Selection): Row[] {
  const rows = dashboard.processed_data.datasets?.[dataset] ?? [];
  const day = timeOf(dashboard, dataset);
  const ids = idsOf(dashboard, dataset);
  return rows.filter((row) => {
    const date = day ? String(row[day]).slice(0, 10) : null;
    if (date && selection.from && date < selection.from) return false;
    if (date && selection.to && date > selection.to) return false;
    return Object.entries(selection.segments).every(([id, value]) => !ids.has(id) || String(row[id]) === value);
  });
}

/** What of the selection a dataset knows nothing of, in words; empty where all of it applies. */
export function beyond(dashboard: Dashboard, dataset: string, selection: Selection): string {
  const said: string[] = [];
  if ((selection.from || selection.to) && !timeOf(dashboard, dataset)) said.push("whole range");
  const ids = idsOf(dashboard, dataset);
  for (const id of Object.keys(selection.segments)) if (!ids.has(id)) said.push(`every ${id}`);
  return said.join(", ");
}

/** A metric over the selection; undefined where what is stored cannot tell. */
export function within(dashboard: Dashboard, metric: Metric, selection: Selection): number | null | undefined {
  const dataset = sourceOf(dashboard, metric, selection);
  if (!dataset || metric.value === null) return undefined;
  const all = dashboard.processed_data.datasets?.[dataset] ?? [];
  const some = rowsOf(dashboard, dataset, selection);
  if (metric.ratio) {
    const [over, under] = metric.ratio;
    const [allOver, allUnder, someOver, someUnder] = [total(all, over), total(all, under), total(some, over), total(some, under)];
    if (!allOver || !allUnder || someOver === null || !someUnder) return undefined;
    return (metric.value / (allOver / allUnder)) * (someOver / someUnder);
  }
  // Only what adds up to the whole may be added up to a part: means and distinct counts do not.
  const whole = total(all, metric.id);
  return whole !== null && isSame(whole, metric.value) ? total(some, metric.id) : undefined;
}

/** A dataset that knows the whole selection and every part of the metric. */
function sourceOf(dashboard: Dashboard, metric: Metric, selection: Selection): string | undefined {
  const needed = metric.ratio ?? [metric.id];
  return Object.keys(dashboard.processed_data.datasets ?? {}).find((dataset) => {
    const ids = idsOf(dashboard, dataset);
    return beyond(dashboard, dataset, selection) === "" && needed.every((id) => ids.has(id));
  });
}

function idsOf(dashboard: Dashboard, dataset: string): Set<string> {
  return new Set(columnsOf(dashboard, dataset).map((column) => column.id));
}

function total(rows: Row[], id: string): number | null {
  const values = rows.map((row) => row[id]).filter((value): value is number => typeof value === "number");
  return values.length > 0 ? values.reduce((sum, value) => sum + value, 0) : null;
}

function isSame(a: number, b: number): boolean {
  return Math.abs(a - b) <= SAME * Math.max(Math.abs(a), Math.abs(b), 1);
}
