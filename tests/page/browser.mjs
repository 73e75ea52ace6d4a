// A headless Chromium for the checks: every page it opens is watched, and what is wrong is collected.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";

const QUIET = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
export const SIZES = { desktop: { width: 1280, height: 900 }, phone: { width: 390, height: 844 } };
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export class Browser {
  #problems = [];
  #browser;

  /// A browser for the service at `address`; pictures go into the folder `pictures`.
  constructor(address, pictures) {
    this.address = address;
    this.pictures = pictures;
  }

  async start(executablePath) {
    this.#browser = await chromium.launch({ executablePath, args: QUIET });
    return this;
  }

  wrong(text) {
    this.#problems.push(text);
  }

  /// A page at the service. What its console says is wrong, unless it speaks of one of the statuses that are `expected`.
  async opened(options, expected = ["404"]) {
    const context = await this.#browser.newContext({ ...options, reducedMotion: "reduce", locale: "en-GB" });
    await context.addInitScript(axe);
    const page = await context.newPage();
    page.on("pageerror", (error) => this.wrong(`an error on the page: ${error}`));
    page.on("console", (message) => {
      const isExpected = expected.some((status) => message.text().includes(status));
      if (["error", "warning"].includes(message.type()) && !isExpected) this.wrong(`the console says: ${message.text()}`);
    });
    page.on("request", (request) => {
      const isOurs = [this.address, "data:", `blob:${this.address}`].some((begin) => request.url().startsWith(begin));
      if (!isOurs) this.wrong(`the page asks ${request.url()}`);
    });
    await page.goto(this.address);
    return page;
  }

  /// Photographs the page and holds it against the rules of accessibility and the width of its screen.
  async look(page, name) {
    await page.screenshot({ path: join(this.pictures, `${name}.png`), fullPage: true });
    const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
    for (const one of violations) {
      const where = one.nodes.slice(0, 3).map((node) => `${node.target} (${node.failureSummary})`);
      this.wrong(`${name}: ${one.id}: ${one.help}: ${where.join("; ")}`);
    }
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    if (overflow > 0) this.wrong(`${name}: the page is ${overflow} px wider than the screen`);
  }

  /// Ends the process: with 1 where something was wrong, which is said.
  async end() {
    await this.#browser.close();
    for (const problem of this.#problems) console.error(problem);
    process.exit(this.#problems.length > 0 ? 1 : 0);
  }
}

/// Waits until every chart is there; says what is there instead where that takes too long.
export async function drawn(page) {
  try {
    await page.waitForSelector("figure svg");
    await page.waitForFunction(() => [...document.querySelectorAll("figure .drawing")].every((one) => one.querySelector("svg")));
  } catch (error) {
    const text = await page.innerText("body");
    throw new Error(`no charts at ${page.url()}, which says: ${text.slice(0, 600)}`, { cause: error });
  }
}
