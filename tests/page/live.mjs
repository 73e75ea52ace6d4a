// Signs in, and watches a dashboard while results land: node live.mjs ADDRESS CHROMIUM PICTURES TOKEN
// Says `watching` on stdout once the dashboard is shown live; then a new result is to land.
import { mkdir } from "node:fs/promises";
import { Browser, SIZES, drawn } from "./browser.mjs";

const [address, chromium, pictures, token] = process.argv.slice(2);
await mkdir(pictures, { recursive: true });
const browser = await new Browser(address, pictures).start(chromium);
const page = await browser.opened({ colorScheme: "light", viewport: SIZES.desktop }, ["401"]);

await page.waitForSelector("text=Sign in");
await browser.look(page, "sign-in");
await page.fill("#token", "not a token");
await page.keyboard.press("Enter");
await page.waitForSelector("text=the token is not valid here");
await browser.look(page, "sign-in-refused");
await page.fill("#token", `Bearer ${token}`);
await page.keyboard.press("Enter");
await page.waitForSelector(".report a");

await page.click(".report a");
await drawn(page);
await page.waitForSelector(".live[data-state=on]");
const card = () => page.textContent(".card .value");
const before = await card();
const details = await page.waitForSelector("details[data-id]");
await details.evaluate((one) => (one.open = true));
const opened = await details.getAttribute("data-id");
const chart = page.locator("figure").first();
await chart.locator("button:has-text('Table')").click();
const heading = chart.locator("th button").last();
await heading.click();
await heading.focus();
const focused = await heading.getAttribute("id");
console.log("watching");
await page.waitForFunction((before) => document.querySelector(".card .value")?.textContent !== before, before);
await page.waitForSelector("figure svg", { state: "attached" });
if (!(await chart.locator("table").isVisible())) browser.wrong("an update turns a table back into its chart");
if (!(await chart.locator("th").last().getAttribute("aria-sort"))) browser.wrong("an update forgets how a table was sorted");
if ((await page.evaluate(() => document.activeElement?.id)) !== focused) browser.wrong("an update takes the focus away");
if (!(await page.textContent("#say")).includes("Updated to version 2")) browser.wrong("a screen reader is not told of the new version");
const again = await page.$(`details[data-id="${opened}"]`);
if (again && !(await again.evaluate((one) => one.open))) browser.wrong("an update closes what the reader had opened");
await browser.look(page, "updated");
await browser.end();
