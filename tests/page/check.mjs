// Uses the page as an analyst does, in a headless Chromium: node check.mjs ADDRESS CHROMIUM PICTURES
// The service shows two reports; one has a dashboard. Ends with 1 and says what is wrong.
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";

const [address, executablePath, pictures] = process.argv.slice(2);
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const QUIET = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const SIZES = { desktop: { width: 1280, height: 900 }, phone: { width: 390, height: 844 } };
const problems = [];
const wrong = (text) => problems.push(text);

await mkdir(pictures, { recursive: true });
const browser = await chromium.launch({ executablePath, args: QUIET });
for (const colorScheme of ["light", "dark"]) {
  for (const [size, viewport] of Object.entries(SIZES)) await tour(`${colorScheme}-${size}`, { colorScheme, viewport });
}
await behaviour();
await browser.close();
for (const problem of problems) console.error(problem);
process.exit(problems.length > 0 ? 1 : 0);

/// Looks at everything there is to see, in one theme and size.
async function tour(name, options) {
  const page = await opened(options);
  await page.waitForSelector(".report");
  await look(page, `${name}-library`);
  await page.click(".report a");
  await drawn(page);
  await page.waitForSelector(".live[data-state=on]");
  const insight = await page.$(".insights details");
  if (insight) await insight.evaluate((one) => (one.open = true));
  await look(page, `${name}-dashboard`);
  await page.context().close();
}

/// Photographs the page and holds it against the rules of accessibility and the width of its screen.
async function look(page, name) {
  await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  for (const one of violations) {
    const where = one.nodes.slice(0, 3).map((node) => `${node.target} (${node.failureSummary})`);
    wrong(`${name}: ${one.id}: ${one.help}: ${where.join("; ")}`);
  }
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  if (overflow > 0) wrong(`${name}: the page is ${overflow} px wider than the screen`);
}

/// What clicks and keys do.
async function behaviour() {
  const page = await opened({ colorScheme: "light", viewport: SIZES.desktop });
  await page.waitForSelector(".report");
  await page.fill("#q", "no such report");
  await page.waitForSelector("text=No report fits");
  await page.fill("#q", "");
  await page.waitForSelector(".report a");
  await page.click(".report a");
  await drawn(page);
  const value = () => page.textContent(".card .value");
  const before = await value();
  await page.click("text=7 days");
  if ((await value()) === before) wrong("a range of dates changes no number");
  await page.click("text=Show all");
  if ((await value()) !== before) wrong("the whole range does not bring the number back");
  await page.click("figure button:has-text('Table')");
  if (!(await page.isVisible("figure table"))) wrong("a chart does not turn into its table");
  await page.focus("figure button:has-text('Chart')");
  await page.keyboard.press("Enter");
  if (await page.isVisible("figure table")) wrong("the keyboard does not turn a table into its chart");
  const chart = page.locator("figure svg").first();
  await chart.scrollIntoViewIfNeeded();
  const { x, y, width, height } = await chart.boundingBox();
  await page.mouse.move(x + width / 3, y + height / 3, { steps: 5 });
  await page.waitForTimeout(200);
  if (!(await page.$(".tooltip"))) wrong("no mark of a chart has a tooltip");
  await page.emulateMedia({ media: "print" });
  if (await page.isVisible(".tools")) wrong("the filters are printed");
  await page.emulateMedia({ media: "screen" });
  await page.goto(`${address}/dashboards/00000000-0000-0000-0000-00000000dead`);
  await page.waitForSelector("text=Not here");
  await page.context().close();
}

async function opened(options) {
  const context = await browser.newContext({ ...options, reducedMotion: "reduce", locale: "en-GB" });
  await context.addInitScript(axe);
  const page = await context.newPage();
  page.on("pageerror", (error) => wrong(`an error on the page: ${error}`));
  page.on("console", (message) => {
    const isExpected = message.text().includes("404");
    if (["error", "warning"].includes(message.type()) && !isExpected) wrong(`the console says: ${message.text()}`);
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(address) && !request.url().startsWith("data:")) wrong(`the page asks ${request.url()}`);
  });
  await page.goto(address);
  return page;
}

/// Waits until every chart is there.
async function drawn(page) {
  await page.waitForSelector("figure svg");
  await page.waitForFunction(() => [...document.querySelectorAll("figure .drawing")].every((one) => one.querySelector("svg")));
}
