// Taking the dashboard away as a file: asked for here, made by the service, saved by the browser.
import { Refused, file, post } from "./api";
import { h } from "./dom";
import { select } from "./fields";
import type { Export } from "./types";

const FORMATS: [string, string][] = [
  ["pdf", "PDF"],
  ["png", "PNG picture"],
  ["xlsx", "XLSX workbook"],
  ["csv", "CSV table"],
  ["html", "HTML page"],
];
/** How long the browser may take to begin saving before the bytes are let go. */
const SAVING_MS = 60_000;

/** A choice of formats, a button, and a line that says what became of it. */
export function exporter(dashboard: string): HTMLElement {
  const format = select("format", FORMATS);
  format.setAttribute("aria-label", "Format");
  const button = h("button", { id: "export", type: "submit" }, "Export");
  const told = h("span", { class: "export-state faint", role: "status" });
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (button.disabled) return;
    const name = format.selectedOptions[0]?.text ?? format.value;
    button.disabled = true;
    show(told, "busy", `Making the ${name}…`);
    try {
      const made = await post<Export>(`/dashboards/${dashboard}/exports`, { format: format.value });
      save(await file(`/exports/${made.id}/file`), made.file_name);
      show(told, "done", `Saved ${made.file_name} (${size(made.size_bytes)})`);
    } catch (error) {
      show(told, "failed", `Not exported: ${error instanceof Refused ? error.message : String(error)}`);
    } finally {
      button.disabled = false;
    }
  };
  return h("form", { class: "export no-print", "aria-label": "Export", onsubmit: (event: Event) => void submit(event) }, format, button, told);
}

function show(told: HTMLElement, state: "busy" | "done" | "failed", text: string): void {
  told.dataset.state = state;
  told.textContent = text;
}

function save(bytes: Blob, name: string): void {
  const address = URL.createObjectURL(bytes);
  h("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), SAVING_MS);
}

function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`;
  return bytes < 1e6 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
