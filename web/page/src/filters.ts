// The form by which a reader narrows a dashboard: dates and segments.
import { h } from "./dom";
import { labelled, select } from "./fields";
import { words } from "./format";
import { type Selection, dimensions, grainOf, isWhole, timeOf } from "./selection";
import { type Stretch, choices as stepChoices, counted, latest, snapped } from "./steps";
import type { Dashboard } from "./types";

const MOST_DIMENSIONS = 4;

export function filterForm(dashboard: Dashboard, start: Selection, changed: (selection: Selection) => void): HTMLElement {
  const whole = { from: dashboard.data_start_date, to: dashboard.data_end_date };
  const grain = grainOf(dashboard);
  const hasTime = Object.keys(dashboard.processed_data.datasets ?? {}).some((name) => timeOf(dashboard, name));
  const from = h("input", { type: "date", id: "from", min: whole.from, max: whole.to });
  const to = h("input", { type: "date", id: "to", min: whole.from, max: whole.to });
  const choices = dimensions(dashboard)
    .slice(0, MOST_DIMENSIONS)
    .map(({ column, values }) => {
      const options = values.map((value): [string, string] => [value, value]);
      return { column, field: select(`segment-${column.id}`, [["", "All"], ...options]) };
    });
  const clear = h("button", { type: "button", class: "quiet" }, "Show all");

  const show = (selection: Selection): void => {
    from.value = selection.from ?? whole.from;
    to.value = selection.to ?? whole.to;
    for (const { column, field } of choices) field.value = selection.segments[column.id] ?? "";
    clear.hidden = isWhole(selection);
  };
  const apply = (): void => {
    const chosen = choices.filter(({ field }) => field.value).map(({ column, field }): [string, string] => [column.id, field.value]);
    const wanted = { from: from.value || whole.from, to: to.value || whole.to };
    const selection = { ...stretch(grain, whole, wanted), segments: Object.fromEntries(chosen) };
    // The dates may have become others: what counts is shown.
    show(selection);
    changed(selection);
  };
  for (const field of [from, to, ...choices.map((choice) => choice.field)]) field.addEventListener("change", apply);
  clear.addEventListener("click", () => {
    show({ from: null, to: null, segments: {} });
    apply();
    from.focus();
  });
  const presets = stepChoices(grain, whole).map((count) => {
    const pick = (): void => {
      const { from: first, to: last } = latest(grain, whole, count);
      [from.value, to.value] = [first, last];
      apply();
    };
    const name = counted(grain, count);
    return h("button", { type: "button", class: "quiet small", onclick: pick, "aria-label": `The last ${name}` }, name);
  });
  show(start);
  return h(
    "form",
    { class: "tools", "aria-label": "Narrow down", onsubmit: (event: Event) => event.preventDefault() },
    ...(hasTime ? [labelled("From", from), labelled("To", to)] : []),
    hasTime && presets.length > 0 && h("div", { class: "presets", role: "group", "aria-label": "Latest" }, ...presets),
    ...choices.map(({ column, field }) => labelled(words(column.label), field)),
    clear,
  );
}

/** What can be chosen of a stretch: the whole steps that it touches, as far as there is data; null where that is all there is. */
function stretch(grain: string, whole: Stretch, wanted: Stretch): { from: string | null; to: string | null } {
  const ordered = wanted.from <= wanted.to ? wanted : { from: wanted.to, to: wanted.from };
  const { from, to } = snapped(grain, ordered);
  return { from: from > whole.from ? from : null, to: to < whole.to ? to : null };
}
