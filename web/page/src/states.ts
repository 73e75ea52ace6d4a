// Honest states: loading, empty, failed, signed out.
import { Refused, keepToken } from "./api";
import { h } from "./dom";

/** Grey shapes where content will be. */
export function loading(what: string): HTMLElement {
  return h(
    "div",
    { class: "loading", role: "status" },
    h("span", { class: "unseen" }, `Loading ${what}`),
    ...[40, 70, 100, 100].map((width) => h("div", { class: `bone bone-${width}`, "aria-hidden": "true" })),
  );
}

/** Why there is nothing, and what would change that. */
export function empty(title: string, ...text: (Node | string)[]): HTMLElement {
  return h("section", { class: "state" }, h("h2", {}, title), h("p", {}, ...text));
}

/** What went wrong, in the service's words, with a way to try again. */
export function failed(error: unknown, again: () => void): HTMLElement {
  const refused = error instanceof Refused ? error : null;
  if (refused?.status === 401) return signIn(refused.message, again);
  const title = refused?.status === 404 ? "Not here" : refused?.status === 0 ? "No answer" : "This could not be loaded";
  return h(
    "section",
    { class: "state", role: "alert" },
    h("h2", {}, title),
    h("p", {}, refused?.message ?? String(error)),
    refused?.trace && h("p", { class: "faint" }, `Trace ${refused.trace}`),
    h("button", { type: "button", onclick: again }, "Try again"),
  );
}

function signIn(why: string, again: () => void): HTMLElement {
  const field = h("input", { id: "token", type: "password", autocomplete: "off", required: true, spellcheck: "false" });
  const enter = (event: Event): void => {
    event.preventDefault();
    keepToken(field.value.trim().replace(/^bearer\s+/i, ""));
    again();
  };
  return h(
    "section",
    { class: "state" },
    h("h2", {}, "Sign in"),
    h("p", {}, `Your dashboards are behind a login: ${why}.`),
    h(
      "form",
      { onsubmit: enter },
      h("label", { for: "token" }, "Access token"),
      field,
      h("button", { type: "submit" }, "Continue"),
      h("p", { class: "faint" }, "It is kept in this tab only."),
    ),
  );
}
