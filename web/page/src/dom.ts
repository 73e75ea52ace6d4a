// Elements without a framework. Nothing here ever reads text as HTML.

type Child = Node | string | null | undefined | false;
type Attributes = Record<string, string | number | boolean | null | undefined | ((event: never) => void)>;

/** An element with attributes, listeners (`onclick`, …) and children; text stays text. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: (Child | Child[])[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  dress(element, attributes);
  element.append(...kept(children));
  return element;
}

/** The same for SVG. */
export function svg(tag: string, attributes: Attributes = {}, ...children: (Child | Child[])[]): SVGElement {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  dress(element, attributes);
  element.append(...kept(children));
  return element;
}

/** Characters that turn the direction of what follows them would reach beyond the value that they are in. */
const TURNING = /[\u202a-\u202e\u2066-\u2069]/g;

function kept(children: (Child | Child[])[]): (Node | string)[] {
  const there = children.flat().filter((child): child is Node | string => child instanceof Node || typeof child === "string");
  return there.map((child) => (typeof child === "string" ? child.replace(TURNING, "") : child));
}

function dress(element: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") {
      element.addEventListener(name.slice(2), value as unknown as EventListener);
    } else if (value !== null && value !== undefined && value !== false) {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
}

/** Says something to screen readers without showing it. */
export function say(text: string): void {
  const place = document.getElementById("say");
  if (place) place.textContent = text;
}
