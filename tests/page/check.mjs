// Uses the page as an analyst does, in a headless Chromium: node check.mjs ADDRESS CHROMIUM PICTURES
// The service shows two reports; one has a dashboard. Ends with 1 and says what is wrong.
import { mkdir, readFile, writeFile } from "node:fs/promises";
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
await reading();
await printing();
await states("state", { colorScheme: "light", viewport: SIZES.desktop });
await states("dark-phone-state", { colorScheme: "dark", viewport: SIZES.phone });
await speed();
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
  const evidence = await insight.textContent();
  if (!evidence.includes("Test")) wrong("an insight does not show its evidence");
  if (/\b(p|p_any|q) 0\.0{9}/.test(evidence)) wrong(`a probability is told as exact that is a bound: ${evidence}`);
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
  await allMetrics(page);
  await page.goto(address);
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

/// The metrics without a card are named, and get theirs.
async function allMetrics(page) {
  await page.click(".report a:has-text('Visits of a shop')");
  await drawn(page);
  const metrics = await page.evaluate(async () => {
    const answer = await fetch(`/api/v1${location.pathname}`);
    return (await answer.json()).metrics_summary.metrics.length;
  });
  if (metrics <= 6) wrong(`${metrics} metrics leave none without a card`);
  const cards = () => page.locator(".card").count();
  if ((await cards()) !== 6) wrong(`${await cards()} cards at first`);
  await page.click(`text=Show ${metrics - 6} more metric`);
  if ((await cards()) !== metrics) wrong(`${await cards()} cards for ${metrics} metrics`);
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

/// What a reader does with one dashboard: evidence, segments, sorting, zooming, the theme; under a strict policy.
async function reading() {
  const page = await browser.opened({ colorScheme: "light", viewport: SIZES.desktop });
  await page.click(".report a");
  await drawn(page);
  const answer = await page.request.get(page.url());
  const policy = answer.headers()["content-security-policy"] ?? "";
  if (!policy.includes("script-src 'self'") || policy.includes("unsafe")) wrong(`the policy of the page is ${policy}`);

  const summary = page.locator(".insights summary").first();
  await summary.click();
  if (!(await page.isVisible(".insights .evidence"))) wrong("a click on an insight does not unfold its evidence");
  await summary.press("Enter");
  if (await page.isVisible(".insights .evidence")) wrong("the keyboard does not fold the evidence");

  const { processed_data, metrics_summary } = await page.evaluate(async () => (await fetch(`/api/v1${location.pathname}`)).json());
  const { id } = metrics_summary.metrics[0];
  const segment = page.locator("select[id^=segment-]").first();
  const dimension = (await segment.getAttribute("id")).replace("segment-", "");
  const value = await segment.locator("option").nth(1).getAttribute("value");
  await segment.selectOption(value);
  const rows = processed_data.datasets[`by_${dimension}`].filter((row) => row[dimension] === value);
  const expected = rows.reduce((all, row) => all + row[id], 0).toLocaleString("en");
  const shown = await page.getAttribute(".card .value", "title");
  if (shown !== expected) wrong(`the segment ${value} shows ${shown} and not ${expected}`);
  await page.click("text=Show all");

  const heading = page.locator("section.panel th button").last();
  const column = page.locator("section.panel th").last();
  const last = async () => (await page.locator("section.panel tbody td:last-child").allTextContents()).map((text) => Number(text.replace(/[^\d.-]/g, "")));
  for (const [direction, sign] of [["descending", -1], ["ascending", 1]]) {
    await heading.click();
    const figures = await last();
    const sorted = [...figures].sort((a, b) => (a - b) * sign);
    if ((await column.getAttribute("aria-sort")) !== direction) wrong(`a sorted column does not say that it is ${direction}`);
    if (figures.join() !== sorted.join()) wrong(`a column that is ${direction} holds ${figures}`);
  }

  const figure = page.locator("figure", { has: page.locator("text=Reset zoom") }).first();
  const labels = () => figure.locator("svg .role-axis-label text").allTextContents();
  const before = (await labels()).join();
  await figure.scrollIntoViewIfNeeded();
  const { x, y, width, height } = await figure.locator("svg").boundingBox();
  await page.mouse.move(x + width / 2, y + height / 2);
  await page.keyboard.down("Control");
  for (let turn = 0; turn < 5; turn += 1) await page.mouse.wheel(0, -400);
  await page.keyboard.up("Control");
  await page.waitForTimeout(300);
  if ((await labels()).join() === before) wrong("Ctrl and the wheel do not zoom");
  await figure.locator("text=Reset zoom").click();
  await page.waitForTimeout(300);
  if ((await labels()).join() !== before) wrong("what was zoomed cannot be reset");

  for (const theme of ["light", "dark", "system"]) {
    await page.click("#theme");
    if ((await page.textContent("#theme")) !== `Theme: ${theme}`) wrong(`the theme's button does not go on to ${theme}`);
    const is = await page.getAttribute("html", "data-theme");
    if (is !== (theme === "dark" ? "dark" : "light")) wrong(`the theme ${theme} is ${is}`);
  }
  await page.context().close();
}

/// A dark page on paper: dark on white, with the evidence unfolded while it prints.
async function printing() {
  const page = await browser.opened({ colorScheme: "dark", viewport: SIZES.desktop });
  await page.click(".report a");
  await drawn(page);
  await page.evaluate(() => {
    addEventListener("beforeprint", () => {
      globalThis.unfolded = document.querySelectorAll(".insights details[open]").length;
    });
  });
  await page.pdf({ path: join(pictures, "printed.pdf"), printBackground: false });
  const [unfolded, all, left] = await page.evaluate(() => [
    globalThis.unfolded,
    document.querySelectorAll(".insights details").length,
    document.querySelectorAll(".insights details[open]").length,
  ]);
  if (!unfolded || unfolded !== all) wrong(`${unfolded} of ${all} insights are printed with their evidence`);
  if (left !== 0) wrong(`${left} insights stay unfolded after printing`);
  await page.emulateMedia({ media: "print" });
  const pale = await page.evaluate(() => {
    const channels = (colour) => colour.match(/\d+/g).slice(0, 3).map(Number);
    const texts = [...document.querySelectorAll("figure svg text")];
    return texts.filter((text) => Math.max(...channels(getComputedStyle(text).fill)) > 128).length;
  });
  if (pale > 0) wrong(`${pale} texts of charts are pale on paper`);
  await page.screenshot({ path: join(pictures, "printed.png"), fullPage: true });
  await page.context().close();
}

/// What is said where not all is well: each state is looked at, in one theme and size.
async function states(name, options) {
  const page = await browser.opened(options);
  await page.waitForSelector(".report a");
  const path = await page.getAttribute(".report a", "href");
  const changed = async (pattern, change) => {
    await page.route(pattern, async (route) => {
      const answer = await route.fetch({ headers: { ...route.request().headers(), "if-none-match": "" } });
      const body = await answer.json();
      change(body);
      await route.fulfill({ response: answer, json: body });
    });
  };
  const [dashboards, reports] = ["**/api/v1/dashboards/*", /\/api\/v1\/reports\/[^/?]+$/];
  const nothing = (dashboard) => Object.assign(dashboard, { processed_data: {}, charts_config: {}, metrics_summary: {}, insights: [] });
  const cases = [
    ["empty", "Nothing to show", dashboards, nothing],
    ["archived", "In cold storage", dashboards, (it) => Object.assign(nothing(it), { archived_at: "2026-01-01T00:00:00Z" })],
    ["stale", "Partly old.", dashboards, (it) => Object.assign(it.processed_data, { stale_executions: ["0190d3a4"] })],
    ["behind", "Not up to date.", reports, (it) => Object.assign(it, { status: "behind", pending_executions: 3 })],
    ["off", "Reporting is off.", reports, (it) => Object.assign(it, { status: "disabled" })],
    [
      "wrong-configuration",
      "The configuration is wrong.",
      reports,
      (it) =>
        Object.assign(it, {
          status: "failed",
          configuration_errors: [{ path: "/visualization_config/perod", message: "is no setting", hint: "period" }],
        }),
    ],
    ["failed-result", "The newest result could not be taken in.", reports, (it) => Object.assign(it, { status: "failed", error: "no rows" })],
  ];
  for (const [state, text, pattern, change] of cases) {
    await changed(pattern, change);
    await page.goto(`${address}${path}`);
    await page.waitForSelector(`text=${text}`);
    if (!["empty", "archived"].includes(state)) await drawn(page);
    await browser.look(page, `${name}-${state}`);
    await page.unroute(pattern);
  }
  let answer;
  const asked = new Promise((done) => {
    void page.route(dashboards, (route) => {
      answer = () => route.continue();
      done();
    });
  });
  await page.goto(`${address}${path}`);
  await asked;
  await page.waitForSelector(".loading");
  await browser.look(page, `${name}-loading`);
  await answer();
  await page.unroute(dashboards);
  await drawn(page);

  // A value that turns the direction of letters reaches no further than itself, and markup is text.
  const hostile = "=cmd|' /C calc'!A0 <script>globalThis.hacked = 1</script> \u202e dlrow שלום 😀";
  await changed(dashboards, (it) => {
    it.insights[0].text = hostile;
    it.insights[0].narration = null;
    for (const row of it.processed_data.datasets.table ?? []) row[Object.keys(row)[0]] = hostile + "x".repeat(100_000);
  });
  await page.goto(`${address}${path}`);
  await drawn(page);
  if (await page.evaluate(() => "hacked" in globalThis)) wrong("a value runs as script");
  const claim = await page.textContent(".claim");
  if (claim !== hostile.replace("\u202e", "")) wrong(`a hostile insight reads ${claim}`);
  await browser.look(page, `${name}-hostile`);
  await page.unroute(dashboards);
  await page.context().close();
}

/// How long it takes from an address to the last chart, in a browser that has the page's files; kept for the benchmark's line.
async function speed() {
  const page = await browser.opened({ colorScheme: "light", viewport: SIZES.desktop });
  await page.waitForSelector(".report a");
  const path = await page.getAttribute(".report a", "href");
  const times = [];
  for (let round = 0; round < 5; round += 1) {
    await page.goto(`${address}${path}`);
    await drawn(page);
    times.push(await page.evaluate(() => performance.now()));
  }
  const drawnMs = Math.round([...times].sort((a, b) => a - b)[2]);
  await writeFile(join(pictures, "speed.json"), JSON.stringify({ page_drawn_ms: drawnMs }));
  await page.context().close();
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
    if (format === "html") await carried(page, file);
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

/// An exported page on a telephone: its charts can be read, and it is held against the same rules as the page.
async function carried(page, file) {
  const path = join(pictures, "exported.html");
  await file.saveAs(path);
  const phone = await page.context().newPage();
  await phone.setViewportSize(SIZES.phone);
  await phone.goto(`file://${path}`);
  const scales = await phone.evaluate(() =>
    [...document.querySelectorAll("figure svg")].map((svg) => svg.getBoundingClientRect().width / svg.viewBox.baseVal.width),
  );
  if (!(Math.min(...scales) > 0.65)) wrong(`charts of an exported page are ${scales.map((scale) => scale.toFixed(2))} of their size`);
  await browser.look(phone, "exported-phone");
  await phone.close();
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
