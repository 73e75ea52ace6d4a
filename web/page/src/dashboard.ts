// One dashboard: its numbers, what was found in them, charts and tables; narrowed by the reader, renewed as results land.
import { Refused, get, read } from "./api";
import { cards } from "./cards";
import { ChartView } from "./charts";
import { h, say } from "./dom";
import { exporter } from "./export";
import { labelled, select } from "./fields";
import { filterForm } from "./filters";
import { ago, count, range, time, words } from "./format";
import { changes } from "./history";
import { insightList } from "./insights";
import { behind, listen } from "./live";
import type { Leave } from "./main";
import { type Selection, columnsOf, rowsOf } from "./selection";
import { empty, failed, loading } from "./states";
import { chip, notice, warnings } from "./status";
import { type Order, table } from "./table";
import type { Block, Dashboard, DashboardHead, Metric, Page, Report } from "./types";

const HEADLINE = 6;
/** How long to wait before what could not be read is read again, at first and at most. */
const AGAIN_MS = 2000;
const LATEST_AGAIN_MS = 60000;

export function showDashboard(main: HTMLElement, id: string): Leave {
  const view = new DashboardView(main, id);
  void view.load();
  const stop = listen((told) => {
    if (!told || told.dashboard_id === id) void view.refresh();
  });
  return () => {
    stop();
    view.end();
  };
}

class DashboardView {
  private dashboard: Dashboard | null = null;
  private report: Report | null = null;
  private siblings: DashboardHead[] = [];
  /** Whether every metric has a card, not the first ones alone. */
  private showsAll = false;
  private etag: string | null = null;
  private selection: Selection = { from: null, to: null, segments: {} };
  private charts = new Map<string, ChartView>();
  private tables: (() => void)[] = [];
  /** How the reader has sorted the tables, by dataset. */
  private readonly orders = new Map<string, Order>();
  private failures = 0;
  private again = 0;
  private hasEnded = false;
  private readonly numbers = h("section", { "aria-label": "Metrics" });
  private readonly exporter: HTMLElement;

  constructor(
    private readonly main: HTMLElement,
    private readonly id: string,
  ) {
    // It outlives updates, so that what it says of a file stays.
    this.exporter = exporter(id);
  }

  async load(): Promise<void> {
    this.main.replaceChildren(title(), loading("dashboard"));
    try {
      await this.fetch();
      if (!this.hasEnded) this.draw();
    } catch (error) {
      if (!this.hasEnded) this.fail(error);
    }
  }

  /** Reads again after a change was told or may have been missed; what the reader has narrowed and opened stays. */
  async refresh(): Promise<void> {
    const before = this.dashboard?.version;
    if (before === undefined) return;
    clearTimeout(this.again);
    let isNew: boolean;
    try {
      isNew = await this.fetch();
    } catch (error) {
      if (!this.hasEnded) this.fallBehind(error);
      return;
    }
    if (this.hasEnded) return;
    this.failures = 0;
    behind(false);
    if (!isNew) return;
    const open = [...this.main.querySelectorAll<HTMLElement>("details[open][data-id]")].map((one) => one.dataset.id);
    const focused = document.activeElement?.id;
    const scrolled = scrollY;
    this.draw();
    for (const one of this.main.querySelectorAll<HTMLDetailsElement>("details[data-id]")) one.open = open.includes(one.dataset.id);
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
    scrollTo(0, scrolled);
    if (this.dashboard && this.dashboard.version !== before) say(`Updated to version ${this.dashboard.version}`);
  }

  end(): void {
    this.hasEnded = true;
    clearTimeout(this.again);
    behind(false);
    this.endCharts();
  }

  /** What is shown stays true for its version, but is the newest no more for all we know; whoever has to sign in does that first. */
  private fallBehind(error: unknown): void {
    if (error instanceof Refused && [401, 404].includes(error.status)) {
      this.endCharts();
      this.dashboard = null;
      this.etag = null;
      this.fail(error);
      return;
    }
    behind(true);
    const wait = Math.min(AGAIN_MS * 2 ** this.failures, LATEST_AGAIN_MS);
    this.failures += 1;
    this.again = window.setTimeout(() => void this.refresh(), wait);
  }

  private fail(error: unknown): void {
    this.main.replaceChildren(title(), failed(error, () => void this.load()));
  }

  /** Reads everything there is to show, and says whether any of it is new. */
  private async fetch(): Promise<boolean> {
    const answer = await read<Dashboard>(`/dashboards/${this.id}`, this.etag);
    if (answer) {
      this.dashboard = answer.body;
      this.etag = answer.etag;
    }
    if (!this.dashboard) return false;
    const of = this.dashboard.report_id;
    const [report, siblings] = await Promise.all([
      get<Report>(`/reports/${of}`),
      get<Page<DashboardHead>>(`/dashboards?report_id=${of}&limit=100`),
    ]);
    const isNew = JSON.stringify([report, siblings.items]) !== JSON.stringify([this.report, this.siblings]);
    this.report = report;
    this.siblings = siblings.items;
    return isNew || answer !== null;
  }

  private draw(): void {
    const { dashboard, report } = this;
    if (!dashboard || !report) return;
    const before = this.charts;
    this.charts = new Map();
    this.tables = [];
    const name = report.name || `Workflow ${dashboard.workflow_id.slice(0, 8)}`;
    document.title = `${name} · dashloom`;
    const metrics = dashboard.metrics_summary.metrics ?? [];
    const formats = new Map(metrics.map((metric) => [metric.id, metric.format]));
    const blocks = dashboard.charts_config.layout?.blocks ?? [];
    const isEmpty = dashboard.archived_at !== null || blocks.length === 0;
    const shown = isEmpty ? [nothing(dashboard)] : [this.filters(dashboard), this.numbers];
    const insights = dashboard.insights;
    const found = insights.length > 0 && h("section", { class: "found" }, h("h2", {}, "What stands out"), insightList(insights));
    this.main.replaceChildren(
      this.head(name, dashboard, report),
      ...warnings(report),
      ...quality(dashboard),
      ...shown,
      ...(found ? [found] : []),
      ...(isEmpty ? [] : [h("div", { class: "grid" }, ...blocks.map((block) => this.block(block, dashboard, formats, before)))]),
      changes(dashboard.id, metrics),
      foot(dashboard),
    );
    for (const [id, chart] of before) if (this.charts.get(id) !== chart) chart.end();
    this.narrow();
  }

  /** Shows everything over the current selection. */
  private narrow(): void {
    const dashboard = this.dashboard;
    if (!dashboard) return;
    const metrics = dashboard.metrics_summary.metrics ?? [];
    const headline = this.showsAll ? metrics : metrics.slice(0, HEADLINE);
    this.numbers.replaceChildren(cards(dashboard, headline, this.selection), this.more(metrics.slice(HEADLINE)));
    for (const chart of this.charts.values()) chart.show(dashboard, this.selection);
    for (const fill of this.tables) fill();
  }

  /** Says which metrics have no card yet, and gives them theirs. */
  private more(others: Metric[]): HTMLElement | string {
    if (others.length === 0 || this.showsAll) return "";
    const show = (): void => {
      this.showsAll = true;
      this.narrow();
    };
    const button = h("button", { type: "button", class: "quiet small", onclick: show }, `Show ${count(others.length, "more metric")}`);
    return h("p", { class: "faint rest" }, button, ` ${others.map((metric) => metric.label).join(", ")}`);
  }

  private head(name: string, dashboard: Dashboard, report: Report): HTMLElement {
    const updated = dashboard.last_updated;
    return h(
      "div",
      { class: "head" },
      h("nav", { "aria-label": "Where you are" }, h("a", { href: "/" }, "Reports")),
      h("div", { class: "title" }, h("h1", {}, name), chip(report.status), this.siblings.length > 1 && this.periods(dashboard)),
      h(
        "p",
        { class: "faint" },
        `${range(dashboard.data_start_date, dashboard.data_end_date)} · version ${dashboard.version}`,
        updated && " · updated ",
        updated && h("time", { datetime: updated, title: time(updated) }, ago(updated)),
      ),
      dashboard.archived_at === null && this.exporter,
    );
  }

  private periods(dashboard: Dashboard): HTMLElement {
    const isListed = this.siblings.some((head) => head.id === dashboard.id);
    const heads = isListed ? this.siblings : [dashboard, ...this.siblings];
    const choice = select("period", heads.map((head): [string, string] => [head.id, periodName(head.period_key)]));
    choice.value = dashboard.id;
    const link = h("a", { href: "/", hidden: true, tabindex: "-1" });
    choice.addEventListener("change", () => {
      link.setAttribute("href", `/dashboards/${choice.value}`);
      link.click();
    });
    const field = labelled("Period", choice);
    field.classList.add("inline");
    field.append(link);
    return field;
  }

  private filters(dashboard: Dashboard): HTMLElement {
    const changed = (selection: Selection): void => {
      this.selection = selection;
      this.narrow();
    };
    return filterForm(dashboard, this.selection, changed);
  }

  /** One block; a chart that is in `before` and the same still is the one that the reader has turned and sorted. */
  private block(
    block: Block,
    dashboard: Dashboard,
    formats: Map<string, string>,
    before: Map<string, ChartView>,
  ): HTMLElement | null {
    const width = (block.span ?? 12) > 6 ? "wide" : "half";
    const chart = block.kind === "chart" && dashboard.charts_config.charts?.find((one) => one.id === block.chart);
    if (chart) {
      const kept = before.get(chart.id);
      const view = kept?.isOf(chart, formats) ? kept : new ChartView(chart, formats);
      this.charts.set(chart.id, view);
      view.element.className = width;
      return view.element;
    }
    if (block.kind !== "table" || !block.dataset) return null;
    const dataset = block.dataset;
    const title = dataset === "table" ? "In figures" : words(dataset);
    const order = this.orders.get(dataset) ?? { by: null };
    this.orders.set(dataset, order);
    const place = h("section", { class: `panel ${width}` });
    this.tables.push(() => {
      const rows = rowsOf(dashboard, dataset, this.selection);
      place.replaceChildren(h("h2", {}, title), table(`table-${dataset}`, title, columnsOf(dashboard, dataset), rows, formats, order));
    });
    return place;
  }

  private endCharts(): void {
    for (const chart of this.charts.values()) chart.end();
    this.charts.clear();
    this.tables = [];
  }
}

/** What the page is about before its name is known, for those who find their way by headings. */
function title(): HTMLElement {
  return h("h1", { class: "unseen" }, "Dashboard");
}

/** What a reader has to know about the data itself. */
function quality(dashboard: Dashboard): HTMLElement[] {
  const told = dashboard.processed_data.data_quality ?? {};
  const said: string[] = [];
  const say = (key: string, one: string, several: string): void => {
    const found = told[key];
    if (typeof found === "number" && found > 0) said.push(`${count(found, one, several)}.`);
  };
  say("rows_outside_window", "row lies outside its window and is not counted", "rows lie outside their window and are not counted");
  say("rows_without_date", "row has no readable date and is not counted", "rows have no readable date and are not counted");
  say("rows_of_totals", "row of totals below the others is not counted", "rows of totals below the others are not counted");
  say("lines_above_header", "line of titles above a header was left out", "lines of titles above a header were left out");
  say("results_in_windows_1252", "result is no UTF-8 and was read as Windows-1252", "results are no UTF-8 and were read as Windows-1252");
  if (told.summarised === true) said.push("There were too many combinations to keep: totals are exact, single values are lower bounds.");
  if (Array.isArray(told.notes)) said.push(...told.notes.map((note) => `${note}.`));
  const found = said.length > 0 ? [notice("warn", "About the data.", said.join(" "))] : [];
  const stale = dashboard.processed_data.stale_executions?.length ?? 0;
  if (stale > 0) {
    const were = count(stale, "execution was", "executions were");
    found.push(notice("warn", "Partly old.", `${were} taken in before this configuration; a replay shows them in full.`));
  }
  return found;
}

function nothing(dashboard: Dashboard): HTMLElement {
  if (dashboard.archived_at) {
    return empty("In cold storage", `The content was archived ${ago(dashboard.archived_at)}; an operator can restore it.`);
  }
  return empty("Nothing to show", "No result covers a date of this dashboard at the moment.");
}

function foot(dashboard: Dashboard): HTMLElement {
  return h(
    "p",
    { class: "foot faint" },
    `From ${count(dashboard.execution_ids.length, "execution")}. Dates are UTC. `,
    h("span", { class: "no-print" }, "The same data: ", h("code", {}, `/api/v1/dashboards/${dashboard.id}`)),
  );
}

function periodName(key: string): string {
  if (key === "rolling") return "Rolling";
  if (key === "all") return "All time";
  return key.length > 20 ? `Execution ${key.slice(0, 8)}` : key;
}
