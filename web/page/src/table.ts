// Tables of datasets: sorted by a click on a heading, numbers to the right.
import { h } from "./dom";
import { date, number } from "./format";
import type { Cell, Column, Row } from "./types";

const MOST_ROWS = 500;
const CURRENCY = /^[A-Z]{3}$/;

/** By which column the reader has sorted a table; it outlives the table's rows. */
export interface Order {
  by: { id: string; isDown: boolean } | null;
}

export function table(
  id: string,
  caption: string,
  columns: Column[],
  rows: Row[],
  formats: Map<string, string>,
  order: Order,
): HTMLElement {
  const shown = columns.filter((column) => column.role !== "flag");
  const body = h("tbody");
  const heads = shown.map((column) => {
    const unit = column.unit && !CURRENCY.test(column.unit) ? ` (${column.unit})` : "";
    const sort = (): void => {
      order.by = { id: column.id, isDown: order.by?.id === column.id ? !order.by.isDown : isNumber(column) };
      fill();
    };
    const head = h(
      "th",
      { scope: "col", class: isNumber(column) ? "num" : null },
      h("button", { type: "button", id: `${id}-${column.id}`, onclick: sort }, `${column.label}${unit}`),
    );
    return head;
  });
  const fill = (): void => {
    const { by } = order;
    shown.forEach((column, index) => {
      if (column.id === by?.id) heads[index]?.setAttribute("aria-sort", by.isDown ? "descending" : "ascending");
      else heads[index]?.removeAttribute("aria-sort");
    });
    const all = by ? [...rows].sort((a, b) => compare(a[by.id], b[by.id]) * (by.isDown ? -1 : 1)) : rows;
    const cells = (row: Row): HTMLElement[] =>
      shown.map((column) => h("td", { class: isNumber(column) ? "num" : null }, text(column, row[column.id], formats)));
    body.replaceChildren(...all.slice(0, MOST_ROWS).map((row) => h("tr", {}, ...cells(row))));
  };
  fill();
  return h(
    "div",
    { class: "table", role: "region", "aria-label": caption, tabindex: "0" },
    h("table", {}, h("caption", { class: "unseen" }, caption), h("thead", {}, h("tr", {}, ...heads)), body),
    rows.length === 0 && h("p", { class: "faint" }, "No rows."),
    rows.length > MOST_ROWS && h("p", { class: "faint" }, `The first ${MOST_ROWS} of ${rows.length} rows.`),
  );
}

function isNumber(column: Column): boolean {
  return column.type === "number" && column.role !== "dimension";
}

function text(column: Column, cell: Cell, formats: Map<string, string>): string {
  if (cell === null || cell === undefined) return "–";
  if (typeof cell === "number" && isNumber(column)) {
    return number(cell, CURRENCY.test(column.unit) ? column.unit : "", column.format ?? formats.get(column.id));
  }
  return column.role === "time" ? date(String(cell)) : String(cell);
}

function compare(a: Cell, b: Cell): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (typeof a !== typeof b) return a === null || a === undefined ? -1 : 1;
  return String(a).localeCompare(String(b));
}
