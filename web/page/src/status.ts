// How a report stands, as a word with a mark; never by colour alone.
import { h } from "./dom";
import type { Report, Status } from "./types";

const SIGNS: Record<Status, [string, string, string]> = {
  current: ["●", "Current", "Everything finished is in its dashboards."],
  behind: ["◐", "Behind", "Some finished executions are not in its dashboards."],
  waiting: ["○", "Waiting", "No result has arrived yet."],
  failed: ["▲", "Failed", "A result or the configuration could not be taken in."],
  disabled: ["–", "Off", "Reporting is switched off; its dashboards stay as they are."],
};

export function chip(status: Status): HTMLElement {
  const [sign, word, title] = SIGNS[status];
  return h("span", { class: `chip chip-${status}`, title }, h("span", { "aria-hidden": "true" }, `${sign} `), word);
}

/** What a reader of a dashboard has to know about its report. */
export function warnings(report: Report): HTMLElement[] {
  const found: HTMLElement[] = [];
  if (report.status === "disabled") {
    found.push(notice("quiet", "Reporting is off.", "What you see stays as it is; new results are not taken in."));
  }
  if (report.configuration_errors.length > 0) {
    const faults = report.configuration_errors.map((fault) =>
      h("li", {}, h("code", {}, fault.path), ` ${fault.message}`, fault.hint ? ` (${fault.hint})` : ""),
    );
    found.push(notice("bad", "The configuration is wrong.", "The dashboard stays as it was before.", h("ul", {}, ...faults)));
  }
  if (report.error) {
    found.push(notice("bad", "The newest result could not be taken in.", report.error));
  } else if (report.status === "behind") {
    const count = report.pending_executions >= 1000 ? "1,000 or more" : String(report.pending_executions);
    const are = report.pending_executions === 1 ? "execution is" : "executions are";
    found.push(notice("warn", "Not up to date.", `${count} finished ${are} not in its dashboards.`));
  }
  return found;
}

/** A sentence that stands out, its first words strong. */
export function notice(kind: "quiet" | "warn" | "bad", strong: string, text: string, ...more: Node[]): HTMLElement {
  return h("div", { class: `notice notice-${kind}` }, h("p", {}, h("strong", {}, strong), ` ${text}`), ...more);
}
