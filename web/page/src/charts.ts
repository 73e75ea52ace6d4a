// Charts with their title, and the same data as a table.
import { h } from "./dom";
import { type Selection, beyond, columnsOf, rowsOf } from "./selection";
import { table } from "./table";
import { isDark, onTheme } from "./theme";
import { hideTooltip } from "./tooltip";
import type { Chart, Dashboard, Row } from "./types";
import type { Drawing } from "./vega";

/** A dark page needs brighter marks than paper does; the hues stay. */
const BRIGHTER: [string, string][] = [
  ["#0072B2", "#5AB0EE"],
  ["#D55E00", "#F28A45"],
  ["#009E73", "#2CC79A"],
  ["#CC79A7", "#E3A0C6"],
  ["#666666", "#A8B0BA"],
  ["#999999", "#A8B0BA"],
];

/** One chart of a dashboard, with its title and tools. */
export class ChartView {
  readonly element: HTMLElement;
  private readonly place = h("div", { class: "drawing" });
  private readonly note = h("span", { class: "faint" });
  private readonly figures = h("div", { hidden: true });
  private readonly toggle = h("button", { type: "button", class: "quiet small", "aria-pressed": "false" }, "Table");
  private readonly observer = new ResizeObserver(() => this.fit());
  private readonly offTheme = onTheme(() => void this.draw());
  private drawing: Drawing | null = null;
  private state: { dashboard: Dashboard; selection: Selection } | null = null;
  private width = 0;
  private turn = 0;

  constructor(
    private readonly chart: Chart,
    private readonly formats: Map<string, string>,
  ) {
    const id = `chart-${chart.id.replace(/[^\w-]/g, "-")}`;
    const title = "Dragging moves, Ctrl and the wheel zoom, a double click resets";
    const reset = h("button", { type: "button", class: "quiet small", title, onclick: () => void this.draw() }, "Reset zoom");
    this.toggle.addEventListener("click", () => this.turnOver());
    const name = h("h3", { id }, chart.title);
    const tools = h("span", { class: "figure-tools" }, isTimed(chart) && reset, this.toggle);
    const caption = h("figcaption", {}, name, this.note, tools);
    this.element = h("figure", { "aria-labelledby": id }, caption, this.place, this.figures);
    this.observer.observe(this.element);
  }

  /** Shows the chart over a selection of a dashboard's data. */
  show(dashboard: Dashboard, selection: Selection): void {
    const isNew = this.state?.dashboard !== dashboard;
    this.state = { dashboard, selection };
    this.note.textContent = beyond(dashboard, this.chart.dataset, selection);
    this.fillTable();
    if (isNew || !this.drawing) {
      void this.draw();
      return;
    }
    for (const [name, rows] of Object.entries(datasets(dashboard, selection))) this.drawing.rows(name, rows);
  }

  end(): void {
    this.turn += 1;
    this.observer.disconnect();
    this.offTheme();
    hideTooltip();
    this.drawing?.end();
  }

  private async draw(): Promise<void> {
    if (!this.state || this.width === 0) return;
    const mine = ++this.turn;
    const { dashboard, selection } = this.state;
    const { draw } = await import("./vega");
    if (mine !== this.turn) return;
    this.drawing?.end();
    this.drawing = null;
    const fresh = h("div");
    try {
      const data = datasets(dashboard, selection);
      const made = await draw(fresh, coloured(this.chart.spec), data, theme(), this.width, isTimed(this.chart));
      if (mine !== this.turn) {
        made.end();
        return;
      }
      this.drawing = made;
      this.place.replaceChildren(fresh);
    } catch (error) {
      if (mine !== this.turn) return;
      const why = `This chart could not be drawn (${String(error)}). Its data is in the table.`;
      this.place.replaceChildren(h("p", { class: "faint" }, why));
    }
    const drawn = this.place.querySelector("svg");
    drawn?.setAttribute("role", "img");
    drawn?.setAttribute("aria-label", `${this.chart.title}. ${String(this.chart.spec.description ?? "")}`);
  }

  private fit(): void {
    const style = getComputedStyle(this.element);
    const inner = this.element.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    const width = Math.floor(inner);
    if (width === this.width || width <= 0) return;
    this.width = width;
    if (this.drawing) this.drawing.width(width);
    else void this.draw();
  }

  private turnOver(): void {
    const isTable = this.figures.hidden;
    this.figures.hidden = !isTable;
    this.place.hidden = isTable;
    this.toggle.textContent = isTable ? "Chart" : "Table";
    this.toggle.setAttribute("aria-pressed", String(isTable));
    this.fillTable();
  }

  private fillTable(): void {
    if (!this.state || this.figures.hidden) return;
    const { dashboard, selection } = this.state;
    const rows = rowsOf(dashboard, this.chart.dataset, selection);
    this.figures.replaceChildren(table(this.chart.title, columnsOf(dashboard, this.chart.dataset), rows, this.formats));
  }
}

/** Vega writes into the rows it is given: it gets copies. */
function datasets(dashboard: Dashboard, selection: Selection): Record<string, Row[]> {
  const names = Object.keys(dashboard.processed_data.datasets ?? {});
  return Object.fromEntries(names.map((name) => [name, rowsOf(dashboard, name, selection).map((row) => ({ ...row }))]));
}

/** Whether a chart's one horizontal axis is time: only there dragging and zooming mean something. */
function isTimed(chart: Chart): boolean {
  const { encoding, facet } = chart.spec as { encoding?: Record<string, { type?: string }>; facet?: unknown };
  return encoding?.x?.type === "temporal" && !facet && !encoding.facet && !encoding.row && !encoding.column;
}

function coloured(spec: Record<string, unknown>): Record<string, unknown> {
  let text = JSON.stringify(spec);
  if (isDark()) for (const [light, dark] of BRIGHTER) text = text.replaceAll(light, dark);
  return JSON.parse(text) as Record<string, unknown>;
}

/** Vega's colours and type, as the page has them now. */
function theme(): Record<string, unknown> {
  const style = getComputedStyle(document.documentElement);
  const value = (name: string): string => style.getPropertyValue(name).trim();
  const [ink, faint, rule, font] = [value("--ink"), value("--faint"), value("--rule"), value("--font")];
  const labels = { labelColor: faint, labelFont: font, labelFontSize: 11 };
  const text = { ...labels, titleColor: faint, titleFont: font, titleFontSize: 11, titleFontWeight: 500 };
  return {
    background: "transparent",
    font,
    padding: 2,
    view: { stroke: null },
    axis: { ...text, gridColor: rule, domainColor: rule, tickColor: rule, tickSize: 4, labelPadding: 5, titlePadding: 8 },
    axisX: { grid: false },
    axisY: { ticks: false, domain: false },
    legend: { ...text, orient: "top", symbolType: "circle", symbolStrokeWidth: 2 },
    header: { ...labels, labelColor: ink, labelFontSize: 12, titleColor: faint },
    text: { color: ink, font },
    rule: { color: faint },
    bar: { cornerRadiusEnd: 2 },
  };
}
