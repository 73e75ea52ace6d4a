// Insights: what was found, how sure it is, and the evidence on a click.
import { h } from "./dom";
import { figure, number, range, words } from "./format";
import type { Evidence, Insight } from "./types";

const NAMES: Record<string, string> = { cur: "Now", ref: "Before" };
/** Smaller probabilities are bounds: tests tell them neither from each other nor from none. */
const LEAST = 1e-9;

export function insightList(insights: Insight[]): HTMLElement {
  return h("ul", { class: "insights" }, ...insights.map((insight) => h("li", {}, one(insight))));
}

function one(insight: Insight): HTMLElement {
  const sure = insight.confidence;
  const isExact = insight.evidence?.claim_class === "exact";
  const title = isExact ? "Exact arithmetic" : "A bound: more statements hold than it says";
  return h(
    "details",
    { "data-id": insight.id },
    h(
      "summary",
      {},
      h("span", { class: "kind" }, words(insight.type)),
      h("span", { class: "claim" }, insight.narration || insight.text),
      h("span", { class: "sure", title }, sure === null ? "" : isExact ? "exact" : `at least ${Math.round(sure * 100)}% sure`),
    ),
    insight.evidence ? evidence(insight.evidence, insight) : h("p", { class: "evidence faint" }, "No evidence was kept."),
  );
}

function evidence(data: Evidence, insight: Insight): HTMLElement {
  const caveats = data.caveats ?? [];
  return h(
    "div",
    { class: "evidence" },
    h("dl", {}, ...facts(data, insight).map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value)))),
    caveats.length > 0 && h("ul", { class: "caveats" }, ...caveats.map((text) => h("li", {}, text))),
    insight.narration && h("p", { class: "faint" }, `In other words: ${insight.text}`),
  );
}

/** The evidence as names and values, in the order a careful reader asks for them. */
function facts(data: Evidence, insight: Insight): [string, string][] {
  const found: [string, string | null | undefined | false][] = [["Measure", data.subject?.measure]];
  for (const filter of data.subject?.filters ?? []) found.push([words(filter.dim), filter.eq]);
  found.push(["Period", data.window?.cur && range(...data.window.cur)]);
  found.push(["Compared with", data.window?.ref && range(...data.window.ref)]);
  for (const [name, value] of Object.entries(data.values ?? {})) {
    if (typeof value?.v !== "number") continue;
    const isRatio = typeof value.num === "number" && typeof value.den === "number";
    const parts = isRatio ? ` (${number(value.num)} of ${number(value.den)})` : "";
    found.push([NAMES[name] ?? words(name), `${number(value.v, value.unit ?? "")}${parts}`]);
  }
  found.push(["Effect", effect(data)]);
  const test = data.test ?? {};
  const told = Object.entries(test).filter(([, value]) => value !== null && typeof value !== "object");
  found.push(["Test", told.map(([name, value]) => outcome(name, value, test)).join(", ")]);
  const used = data.provenance?.executions?.length;
  const of = data.provenance?.of ? ` of ${data.provenance.of}` : "";
  found.push(["From", used !== undefined && `${used}${of} executions`]);
  found.push(["Found by", insight.model_version]);
  return found.filter((fact): fact is [string, string] => Boolean(fact[1]));
}

/** A part of a test's outcome; of p, and of q that is made of it, what it lies below. */
function outcome(name: string, value: unknown, test: Record<string, unknown>): string {
  if (name === "name") return words(String(value));
  const from = name === "q" ? test.p : value;
  const isBound = ["p", "p_any", "q"].includes(name) && typeof from === "number" && from < LEAST;
  return isBound ? `${name} < ${figure(Math.max(Number(value), LEAST))}` : `${name} ${figure(value)}`;
}

function effect(data: Evidence): string | null {
  const { effect } = data;
  if (typeof effect?.v !== "number") return null;
  const shown = (value: number): string => (effect.name === "relative" ? number(value, "ratio") : figure(value));
  const span = effect.ci95 ? `, with 95 % certainty between ${effect.ci95.map(shown).join(" and ")}` : "";
  return `${shown(effect.v)}${span}`;
}
