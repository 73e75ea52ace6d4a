// The page: a library of reports and a dashboard, told apart by the path.
import { showDashboard } from "./dashboard";
import { h } from "./dom";
import { showLibrary } from "./library";
import { empty } from "./states";
import { startTheme } from "./theme";

/** Ends what a view has started: timers, listeners, charts. */
export type Leave = () => void;

let leave: Leave = () => undefined;

function route(): void {
  const main = document.getElementById("main");
  if (!main) return;
  leave();
  leave = () => undefined;
  main.replaceChildren();
  const dashboard = /^\/dashboards\/([0-9a-f-]{36})\/?$/i.exec(location.pathname);
  if (location.pathname === "/") leave = showLibrary(main);
  else if (dashboard?.[1]) leave = showDashboard(main, dashboard[1]);
  else {
    document.title = "Not found · dashloom";
    main.append(empty("Nothing is at this address", h("a", { href: "/" }, "Go to the reports")));
  }
}

/** Follows links inside the page without loading it again. */
function follow(event: MouseEvent): void {
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  if (!link || !isPlain || link.origin !== location.origin || link.target || link.hash) return;
  if (link.pathname !== "/" && !link.pathname.startsWith("/dashboards/")) return;
  event.preventDefault();
  if (link.href !== location.href) history.pushState(null, "", link.href);
  route();
  scrollTo(0, 0);
  document.getElementById("main")?.focus({ preventScroll: true });
}

/** On paper nothing unfolds: what insights rest on is printed with them. */
function unfoldForPrint(): void {
  const folded = [...document.querySelectorAll<HTMLDetailsElement>(".insights details:not([open])")];
  for (const one of folded) one.open = true;
  const fold = (): void => folded.forEach((one) => (one.open = false));
  addEventListener("afterprint", fold, { once: true });
}

addEventListener("click", follow);
addEventListener("beforeprint", unfoldForPrint);
addEventListener("popstate", route);
const button = document.getElementById("theme");
if (button) startTheme(button);
route();
