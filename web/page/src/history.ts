// A dashboard's changes as its events told them; read when somebody looks.
import { get } from "./api";
import { h } from "./dom";
import { ago, number, time, words } from "./format";
import { failed, loading } from "./states";
import type { Entry, Metric, Page } from "./types";

const SHOWN = 20;

export function changes(id: string, metrics: Metric[]): HTMLElement {
  const place = h("div", {});
  const load = async (): Promise<void> => {
    place.replaceChildren(loading("changes"));
    try {
      const page = await get<Page<Entry>>(`/dashboards/${id}/history?limit=${SHOWN}`);
      const entries = page.items.map((entry) => item(entry, metrics));
      place.replaceChildren(
        entries.length > 0 ? h("ol", { class: "history" }, ...entries) : h("p", { class: "faint" }, "No changes were recorded."),
      );
    } catch (error) {
      place.replaceChildren(failed(error, () => void load()));
    }
  };
  const toggled = (event: Event): void => {
    if (event.target instanceof HTMLDetailsElement && event.target.open) void load();
  };
  return h("details", { class: "panel", "data-id": "changes", ontoggle: toggled }, h("summary", {}, "Changes"), place);
}

function item(entry: Entry, metrics: Metric[]): HTMLElement {
  const moved = entry.metrics.filter((metric) => metric.before !== metric.after).slice(0, 3);
  const told = moved.map((metric) => {
    const known = metrics.find((one) => one.id === metric.id);
    const shown = (text: string | null): string => number(text === null ? null : Number(text), metric.unit, known?.format);
    return `${known?.label ?? metric.id} ${shown(metric.before)} → ${shown(metric.after)}`;
  });
  return h(
    "li",
    {},
    h("span", { class: "version" }, `v${entry.version}`),
    h("span", {}, `${words(entry.changes.join(", "))} · ${entry.reason}`),
    h("time", { class: "faint", datetime: entry.occurred_at, title: time(entry.occurred_at) }, ago(entry.occurred_at)),
    told.length > 0 && h("span", { class: "faint moved" }, told.join(" · ")),
  );
}
