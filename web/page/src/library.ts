// The reports library: search, filter, order, and what stands at the head of each newest dashboard.
import { Refused, get } from "./api";
import { compared } from "./compared";
import { h, say } from "./dom";
import { labelled, select } from "./fields";
import { ago, change, number, range, time, words } from "./format";
import { listen } from "./live";
import type { Leave } from "./main";
import { empty, failed, loading } from "./states";
import { chip } from "./status";
import type { Metric, Page, Report } from "./types";

const SEARCH_MS = 250;
const REFRESH_MS = 1000;
const PAGE = 50;
/** The most that one request gives. */
const MOST = 200;
const STATUSES: [string, string][] = [
  ["", "Any status"],
  ["current", "Current"],
  ["behind", "Behind"],
  ["waiting", "Waiting"],
  ["failed", "Failed"],
  ["disabled", "Off"],
];
const ORDERS: [string, string][] = [
  ["-updated", "Latest changed"],
  ["name", "Name"],
  ["-created", "Newest"],
];

export function showLibrary(main: HTMLElement): Leave {
  document.title = "Reports · dashloom";
  const list = h("div", { class: "library" }, loading("reports"));
  const search = h("input", { id: "q", type: "search", placeholder: "Name or id", autocomplete: "off" });
  const status = select("status", STATUSES);
  const order = select("sort", ORDERS);
  const form = h(
    "form",
    { class: "tools", role: "search", onsubmit: (event: Event) => event.preventDefault() },
    labelled("Search", search),
    labelled("Status", status),
    labelled("Order", order),
  );
  main.append(h("div", { class: "head" }, h("h1", {}, "Reports")), form, list);

  let turn = 0;
  let shown = "";
  let isSignedOut = false;
  const load = async (cursor?: string, most = PAGE): Promise<void> => {
    const mine = ++turn;
    const query = new URLSearchParams({ sort: order.value, limit: String(most) });
    const text = search.value.trim();
    if (text) query.set("q", text);
    if (status.value) query.set("status", status.value);
    if (cursor) query.set("cursor", cursor);
    try {
      const page = await get<Page<Report>>(`/reports?${query}`);
      if (mine !== turn) return;
      isSignedOut = false;
      const content = JSON.stringify([query.toString(), page]);
      if (content === shown) return;
      shown = content;
      fill(list, page, Boolean(cursor), Boolean(text || status.value), (next) => void load(next));
    } catch (error) {
      if (mine !== turn) return;
      shown = "";
      isSignedOut = error instanceof Refused && error.status === 401;
      list.replaceChildren(failed(error, () => void load()));
    }
  };
  /** As much as is shown, anew; nobody who types a token is disturbed. */
  const renew = (): void => {
    if (!isSignedOut) void load(undefined, Math.min(MOST, Math.max(PAGE, list.querySelectorAll(".report").length)));
  };

  let timer = 0;
  const soon = (wait: number, then: () => void = () => void load()): void => {
    clearTimeout(timer);
    timer = window.setTimeout(then, wait);
  };
  search.addEventListener("input", () => soon(SEARCH_MS));
  status.addEventListener("change", () => soon(0));
  order.addEventListener("change", () => soon(0));
  void load();
  const stop = listen(() => soon(REFRESH_MS, renew));
  return () => {
    stop();
    clearTimeout(timer);
    turn += 1;
  };
}

function fill(list: HTMLElement, page: Page<Report>, isMore: boolean, isFiltered: boolean, load: (cursor: string) => void): void {
  const next = page.next;
  const more = next ? [h("button", { type: "button", class: "more", onclick: () => load(next) }, "Show more")] : [];
  const rows = page.items.map(row);
  list.querySelector(".more")?.remove();
  if (isMore) {
    list.querySelector("ul")?.append(...rows);
    list.append(...more);
  } else if (rows.length > 0 || next) {
    const focused = list.contains(document.activeElement) ? document.activeElement?.getAttribute("href") : null;
    list.replaceChildren(h("ul", { class: "reports" }, ...rows), ...more);
    if (focused) list.querySelector<HTMLElement>(`a[href="${focused}"]`)?.focus({ preventScroll: true });
  } else {
    list.replaceChildren(nothing(isFiltered));
  }
  say(`${page.items.length}${next ? " or more" : ""} reports`);
}

function row(report: Report): HTMLElement {
  const name = report.name || `Workflow ${report.workflow_id.slice(0, 8)}`;
  const newest = report.newest;
  const about = [words(report.dashboard_type)];
  if (newest) about.push(range(newest.data_start_date, newest.data_end_date));
  const moved = newest?.headline.find((metric) => typeof metric.compare?.change === "number")?.compare;
  if (newest && moved) {
    about.push(`change: ${compared(moved.window, moved.previous_window, [newest.data_start_date, newest.data_end_date])}`);
  }
  if (report.dashboards > 1) about.push(`${report.dashboards} dashboards`);
  const updated = report.last_updated;
  return h(
    "li",
    { class: "report" },
    h(
      "div",
      {},
      h("h2", {}, newest ? h("a", { href: `/dashboards/${newest.id}` }, name) : name),
      h("p", { class: "faint" }, about.join(" · ")),
    ),
    newest && newest.headline.length > 0
      ? h("dl", { class: "report-metrics" }, ...newest.headline.slice(0, 3).map(headline))
      : h("p", { class: "faint" }, report.status === "disabled" ? "" : "The first result makes its dashboard."),
    h(
      "div",
      { class: "report-state" },
      chip(report.status),
      updated ? h("time", { class: "faint", datetime: updated, title: time(updated) }, ago(updated)) : h("span", { class: "faint" }, "no data yet"),
    ),
    report.error && h("p", { class: "report-error" }, report.error),
  );
}

function headline(metric: Metric): HTMLElement {
  const moved = metric.compare?.change;
  return h(
    "div",
    {},
    h("dt", {}, metric.label),
    h("dd", {}, number(metric.value, metric.unit, metric.format, true), typeof moved === "number" && h("small", {}, ` ${change(moved)}`)),
  );
}

function nothing(isFiltered: boolean): HTMLElement {
  if (isFiltered) return empty("No report fits", "Try another word or status.");
  return empty(
    "No reports yet",
    "Switch reporting on for a workflow, or send ",
    h("code", {}, "POST /api/v1/reports"),
    "; its dashboard appears with the next finished execution.",
  );
}
