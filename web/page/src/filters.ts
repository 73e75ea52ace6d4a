// The form by which a reader narrows a dashboard: dates and segments.
import { h } from "./dom";
import { labelled, select } from "./fields";
import { words } from "./format";
import { type Selection, dimensions, isWhole, timeOf } from "./selection";
import type { Dashboard } from "./types";

const DAY_MS = 86400000;
const LAST_DAYS = [7, 28, 90];
const MOST_DIMENSIONS = 4;

export function filterForm(dashboard: Dashboard, start: Selection, changed: (selection: Selection) => void): HTMLElement {
  const [first, last] = [dashboard.data_start_date, dashboard.data_end_date];
  const hasTime = Object.keys(dashboard.processed_data.datasets ?? {}).some((name) => timeOf(dashboard, name));
  const from = h("input", { type: "date", id: "from", min: first, max: last });
  const to = h("input", { type: "date", id: "to", min: first, max: last });
  const choices = dimensions(dashboard)
    .slice(0, MOST_DIMENSIONS)
    .map(({ column, values }) => {
      const options = values.map((value): [string, string] => [value, value]);
      return { column, field: select(`segment-${column.id}`, [["", "All"], ...options]) };
    });
  const clear = h("button", { type: "button", class: "quiet" }, "Show all");

  const show = (selection: Selection): void => {
    from.value = selection.from ?? first;
    to.value = selection.to ?? last;
    for (const { column, field } of choices) field.value = selection.segments[column.id] ?? "";
    clear.hidden = isWhole(selection);
  };
  const apply = (): void => {
    const inside = (value: string, edge: string): string | null => (value && value !== edge ? value : null);
    const chosen = choices.filter(({ field }) => field.value).map(({ column, field }): [string, string] => [column.id, field.value]);
    const selection = { from: inside(from.value, first), to: inside(to.value, last), segments: Object.fromEntries(chosen) };
    clear.hidden = isWhole(selection);
    changed(selection);
  };
  for (const field of [from, to, ...choices.map((choice) => choice.field)]) field.addEventListener("change", apply);
  clear.addEventListener("click", () => {
    show({ from: null, to: null, segments: {} });
    apply();
    from.focus();
  });
  const presets = LAST_DAYS.filter((days) => Date.parse(last) - Date.parse(first) >= days * DAY_MS).map((days) => {
    const pick = (): void => {
      from.value = new Date(Date.parse(last) - (days - 1) * DAY_MS).toISOString().slice(0, 10);
      to.value = last;
      apply();
    };
    return h("button", { type: "button", class: "quiet small", onclick: pick, "aria-label": `The last ${days} days` }, `${days} days`);
  });
  show(start);
  return h(
    "form",
    { class: "tools", "aria-label": "Narrow down", onsubmit: (event: Event) => event.preventDefault() },
    ...(hasTime ? [labelled("From", from), labelled("To", to)] : []),
    hasTime && presets.length > 0 && h("div", { class: "presets", role: "group", "aria-label": "Last days" }, ...presets),
    ...choices.map(({ column, field }) => labelled(words(column.label), field)),
    clear,
  );
}
