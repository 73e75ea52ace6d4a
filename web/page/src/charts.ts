// Charts with their title, and the same data as a table.
import { h } from "./dom";
import { type Selection, beyond, columnsOf, rowsOf } from "./selection";
import dark from "../../theme/dark.json";
import light from "../../theme/light.json";
import { type Order, table } from "./table";
import { isDark, onTheme } from "./theme";
import { hideTooltip } from "./tooltip";
import type { Chart, Dashboard, Row } from "./types";
import type { Drawing } from "./vega";

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
  private readonly drawn: string;
  private readonly order: Order = { by: null };

  constructor(
    private readonly chart: Chart,
    private readonly formats: Map<string, string>,
  ) {
    this.drawn = drawnOf(chart, formats);
    const id = `chart-${chart.id.replace(/[^\w-]/g, "-")}`;
    const title = "Dragging moves, Ctrl and the wheel zoom, a double click resets";
    const reset = h("button", { type: "button", class: "quiet small", title, onclick: () => void this.draw() }, "Reset zoom");
    this.toggle.addEventListener("click", () => this.turnOver());
    this.toggle.id = `${id}-turn`;
    const name = h("h3", { id }, chart.title);
    const tools = h("span", { class: "figure-tools" }, isTimed(chart) && reset, this.toggle);
    const caption = h("figcaption", {}, name, this.note, tools);
    this.element = h("figure", { id: `${id}-figure`, "aria-labelledby": id }, caption, this.place, this.figures);
    this.observer.observe(this.element);
  }

  /** Whether this is the view of that chart: it may have become another in a new version. */
  isOf(chart: Chart, formats: Map<string, string>): boolean {
    return this.drawn === drawnOf(chart, formats);
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
      const made = await draw(fresh, structuredClone(this.chart.spec), data, theme(), this.width, isTimed(this.chart));
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
    const columns = columnsOf(dashboard, this.chart.dataset);
    this.figures.replaceChildren(table(this.element.id, this.chart.title, columns, rows, this.formats, this.order));
  }
}

function drawnOf(chart: Chart, formats: Map<string, string>): string {
  return JSON.stringify([chart, [...formats]]);
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

/** The theme that exported files are drawn with, on the page's own ground and with its typeface. */
function theme(): Record<string, unknown> {
  const font = getComputedStyle(document.documentElement).getPropertyValue("--font").trim();
  return { ...(isDark() ? dark : light), background: "transparent", font, padding: 2 };
}
