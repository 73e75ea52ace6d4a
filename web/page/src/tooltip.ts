// The values under the pointer.
import { h } from "./dom";

const GAP = 14;
let box: HTMLElement | null = null;

/** Vega's tooltip handler. */
export function tooltip(_handler: unknown, event: MouseEvent, _item: unknown, value: unknown): void {
  if (value === null || value === undefined || value === "") {
    hideTooltip();
    return;
  }
  box ??= document.body.appendChild(h("div", { class: "tooltip", role: "presentation" }));
  const lines = typeof value === "object" ? Object.entries(value) : [["", value]];
  box.replaceChildren(h("dl", {}, ...lines.map(([name, text]) => h("div", {}, h("dt", {}, String(name)), h("dd", {}, String(text))))));
  const { width, height } = box.getBoundingClientRect();
  const left = event.clientX + GAP + width > innerWidth ? event.clientX - GAP - width : event.clientX + GAP;
  const top = event.clientY + GAP + height > innerHeight ? event.clientY - GAP - height : event.clientY + GAP;
  box.style.left = `${Math.max(0, left)}px`;
  box.style.top = `${Math.max(0, top)}px`;
}

/** Takes away what is left of a tooltip. */
export function hideTooltip(): void {
  box?.remove();
  box = null;
}
