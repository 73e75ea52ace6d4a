// Uses the page as an analyst does, in a headless Chromium: node check.mjs ADDRESS CHROMIUM PICTURES
// The service shows two reports; one has a dashboard. Ends with 1 and says what is wrong.
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Browser, SIZES, drawn } from "./browser.mjs";

const [address, chromium, pictures] = process.argv.slice(2);
await mkdir(pictures, { recursive: true });
const browser = await new Browser(address, pictures).start(chromium);
const wrong = (text) => browser.wrong(text);

for (const colorScheme of ["light", "dark"]) {
  for (const [size, viewport] of Object.entries(SIZES)) await tour(`${colorScheme}-${size}`, { colorScheme, viewport });
}
await behaviour();
await exporting();
await failures();
await browser.end();

/// Looks at everything there is to see, in one theme and size.
async function tour(name, options) {
  const page = await browser.opened(options);
  await page.waitForSelector(".report");
  await browser.look(page, `${name}-library`);
  await page.click(".report a");
  await drawn(page);
  await page.waitForSelector(".live[data-state=on]");
  // What scripts/screenshot puts into the README: one screen, with nothing unfolded.
  if (name === "light-desktop") await page.screenshot({ path: join(pictures, "readme.png") });
  const insight = await page.waitForSelector(".insights details");
  await insight.evaluate((one) => (one.open = true));
  if (!(await insight.textContent()).includes("Test")) wrong("an insight does not show its evidence");
  await browser.look(page, `${name}-dashboard`);
  await page.context().close();
}

/// What clicks and keys do.
async function behaviour() {
  const page = await browser.opened({ colorScheme: "light", viewport: SIZES.desktop });
  await page.waitForSelector(".report");
  await page.fill("#q", "no such report");
  await page.waitForSelector("text=No report fits");
  await page.fill("#q", "");
  await page.waitForSelector(".report a");
  await page.click(".report a");
  await drawn(page);
  const value = () => page.textContent(".card .value");
  const before = await value();
  await narrowing(page, value);
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

/// Choosing dates: whole steps are chosen, their dates are shown, and the number is the sum of what the API has of them.
async function narrowing(page, value) {
  const before = await value();
  const { processed_data, metrics_summary } = await page.evaluate(async () => {
    const answer = await fetch(`/api/v1${location.pathname}`);
    return answer.json();
  });
  const { id } = metrics_summary.metrics[0];
  if (processed_data.grain !== "week") wrong(`a year of days is counted by ${processed_data.grain}`);
  const sum = (from, to) => {
    const rows = processed_data.datasets.trend.filter((row) => row.date >= from && row.date <= to);
    return rows.reduce((all, row) => all + row[id], 0).toLocaleString("en");
  };
  const shows = async (what, from, to) => {
    const dates = [await page.inputValue("#from"), await page.inputValue("#to")];
    if (dates.join() !== [from, to].join()) wrong(`${what} shows the dates ${dates} and not ${from}, ${to}`);
    const [shown, expected] = [await page.getAttribute(".card .value", "title"), sum(from, to)];
    if (shown !== expected) wrong(`${what} shows ${shown} and not ${expected}`);
    if ((await value()) === before) wrong(`${what} changes no number`);
  };
  // A Wednesday and a Thursday: the weeks around them begin on a Monday and end on a Sunday.
  await page.fill("#from", "2013-06-05");
  await page.fill("#to", "2013-06-20");
  await shows("a range of dates", "2013-06-03", "2013-06-23");
  await page.click("text=4 weeks");
  await shows("a preset", "2013-12-09", "2013-12-31");
  await page.click("text=Show all");
  if ((await value()) !== before) wrong("the whole range does not bring the number back");
}

/// Taking the dashboard away: the file that the service made is saved, and a refusal is told.
async function exporting() {
  const page = await browser.opened({ colorScheme: "light", viewport: SIZES.desktop }, ["503"]);
  await page.click(".report a");
  await drawn(page);
  const state = (name) => page.waitForSelector(`.export-state[data-state=${name}]`);
  for (const [format, begins] of [["csv", "\ufeff"], ["pdf", "%PDF"], ["html", "<!doctype html>"]]) {
    await page.selectOption("#format", format);
    const saving = page.waitForEvent("download");
    await page.click("#export");
    const file = await saving;
    if (!file.suggestedFilename().endsWith(`.${format}`)) wrong(`a ${format} is saved as ${file.suggestedFilename()}`);
    const text = await readFile(await file.path(), "utf8");
    if (!text.startsWith(begins)) wrong(`a ${format} begins with ${text.slice(0, 20)}`);
    await state("done");
  }
  await browser.look(page, "export-done");
  const exports = "**/api/v1/dashboards/*/exports";
  let answer;
  await page.route(exports, (route) => new Promise((done) => (answer = () => done(route.fulfill(refusal(503, "exports are kept nowhere"))))));
  await page.click("#export");
  await state("busy");
  if (!(await page.isDisabled("#export"))) wrong("a file can be asked for twice at once");
  await browser.look(page, "export-busy");
  answer();
  await state("failed");
  if (!(await page.textContent(".export-state")).includes("exports are kept nowhere")) wrong("why nothing was exported is not told");
  await browser.look(page, "export-failed");
  await page.context().close();
}

/// What is shown when the service does not answer, or refuses; and that trying again helps.
async function failures() {
  const page = await browser.opened({ colorScheme: "light", viewport: SIZES.desktop }, ["500", "ERR_FAILED"]);
  await page.waitForSelector(".report");
  const reports = "**/api/v1/reports?*";
  const cases = [
    ["no-answer", "No answer", (route) => route.abort()],
    ["failed", "This could not be loaded", (route) => route.fulfill(refusal(500, "the answer cannot be given"))],
  ];
  for (const [name, title, answer] of cases) {
    await page.route(reports, answer);
    await page.fill("#q", name);
    await page.waitForSelector(`text=${title}`);
    await browser.look(page, name);
    await page.unroute(reports);
    await page.click("text=Try again");
    await page.waitForSelector("text=No report fits");
    await page.fill("#q", "");
    await page.waitForSelector(".report");
  }
  await page.context().close();
}

function refusal(status, detail) {
  const problem = { status, detail, trace_id: "0af7651916cd43dd8448eb211c80319c" };
  return { status, contentType: "application/problem+json", body: JSON.stringify(problem) };
}
