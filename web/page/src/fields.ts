// Form fields with their labels.
import { h } from "./dom";

export function select(id: string, options: [string, string][]): HTMLSelectElement {
  return h("select", { id }, ...options.map(([value, text]) => h("option", { value }, text)));
}

export function labelled(text: string, field: HTMLElement): HTMLElement {
  return h("div", { class: "field" }, h("label", { for: field.id }, text), field);
}
