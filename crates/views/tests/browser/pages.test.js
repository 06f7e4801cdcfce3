// The pages in a browser. $GATEWISE_PAGE is the example `page`, $CHROMIUM the browser, $PAGES the folder for the pages
// and for a picture of each, $AXE the script axe.min.js. Fails on an error in the console, a request, an overflow, a view
// that is missing, or what axe finds.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { launch } from "./chromium.js";
import { writePages } from "./write.js";

const { GATEWISE_PAGE: program, CHROMIUM: chromium, PAGES: folder, AXE } = process.env;
const axe = readFileSync(AXE, "utf8");
mkdirSync(folder, { recursive: true });
const pages = writePages(program, folder);
let browser;
before(async () => { browser = await launch(chromium); });
after(() => browser.close());

// Loads a page, runs `act`, and checks what must be true of every page.
async function visit(url, options, act = () => {}) {
  const page = await browser.open();
  await page.load(url, options);
  await act(page);
  assert.deepEqual(page.seen.errors, []);
  assert.ok(page.seen.requests.every((address) => address.startsWith("file:")), `requests: ${page.seen.requests}`);
  assert.equal(await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), true, `${url} is wider than ${options?.width}`);
  assert.deepEqual(await page.evaluate("[...document.querySelectorAll('img, iframe, object, embed, [onerror], [onload]')].length"), 0);
  await page.close();
}

const COMMON = ["words", "timeline", "gates", "cell", "phrases", "changes"];
const VIEWS = {
  binary: ["answer", ...COMMON], classes: ["answer", ...COMMON], bidirectional: ["answer", "notes", ...COMMON],
  ensemble: [...COMMON, "parts"], series: ["words", "columns", "timeline", "gates", "cell"],
  comparison: ["compare", "differences", "states", ...COMMON], texts: ["words"], thousand: COMMON, hostile: COMMON, empty: ["answer"], partial: ["answer"],
};

for (const [name, url] of Object.entries(pages)) {
  for (const [width, dark] of [[1280, false], [1280, true], [390, true], [360, false]]) {
    test(`${name}, ${width} px, ${dark ? "dark" : "light"}`, () => visit(url, { width, dark }, async (page) => {
      const found = await page.evaluate("[...document.querySelectorAll('[data-view]')].map((node) => node.dataset.view)");
      for (const view of VIEWS[name]) assert.ok(found.includes(view), `${name} has no ${view}: ${found}`);
      writeFileSync(`${folder}/${name}-${width}-${dark ? "dark" : "light"}.png`, await page.screenshot());
      // Slow for a thousand words, which are marked up as a few are.
      if (width < 1280 || name === "thousand") return;
      await page.evaluate(`${axe};0`);
      const violations = await page.evaluate(`axe.run(document).then(({ violations }) => violations.flatMap(({ help, nodes }) =>
        nodes.map((node) => help + ": " + node.html.slice(0, 200))))`);
      assert.deepEqual(violations, []);
    }));
  }
}

test("words by keys: every picture follows", () => visit(pages.binary, {}, async (page) => {
  await page.evaluate("document.querySelector('[role=option][tabindex=\"0\"]').focus()");
  await page.press("Home");
  await page.press("ArrowRight");
  const found = await page.evaluate(`({
    focus: document.activeElement.textContent, label: document.activeElement.getAttribute("aria-label"),
    slider: document.querySelector("input[type=range]").value, spoken: document.querySelector("input[type=range]").getAttribute("aria-valuetext"),
    details: document.querySelector(".details").textContent, cell: document.querySelector('[data-view="cell"] .readout').textContent,
    stops: document.querySelectorAll('[role=option][tabindex="0"]').length })`);
  assert.equal(found.focus, "brilliant");
  assert.match(found.label, /^brilliant, \+1\.\d\d, P\(positive\) up to here \d/);
  assert.equal(found.slider, "1");
  assert.match(found.spoken, /^word 2 of 26, brilliant: \d+\.\d % if the text ended here$/);
  assert.match(found.details, /word 2 of 26/);
  assert.match(found.cell, /^brilliant/);
  assert.equal(found.stops, 1);
}));

test("the timeline by keys, and play", () => visit(pages.binary, {}, async (page) => {
  await page.evaluate("document.querySelector('input[type=range]').focus()");
  await page.press("ArrowLeft");
  assert.equal(await page.evaluate("document.querySelector('.word.chosen').textContent"), "is");
  await page.press("Home");
  await page.evaluate("document.querySelector('.play').click()");
  await page.evaluate("new Promise((resolve) => setTimeout(resolve, 900))");
  const at = Number(await page.evaluate("document.querySelector('input[type=range]').value"));
  assert.ok(at >= 1 && at <= 3, `after 900 ms at ${at}`);
  await page.evaluate("document.querySelector('.play').click()");
}));

test("a unit by keys lights up everywhere", () => visit(pages.binary, {}, async (page) => {
  await page.evaluate("document.querySelector('canvas').focus()");
  await page.press("ArrowDown");
  await page.press("ArrowDown");
  const found = await page.evaluate(`({
    select: document.querySelector('[data-view="gates"] .controls label:last-child select').value,
    label: document.activeElement.getAttribute("aria-label"),
    rows: document.querySelectorAll(".marks .row").length,
    cell: document.querySelector('[data-view="cell"] .readout').textContent, drawing: document.querySelector(".drawing svg").getAttribute("aria-label"),
    moves: document.querySelector(".moves").textContent })`);
  assert.equal(found.select, "1");
  assert.match(found.label, /forget gate of unit 2: 0\.\d{3}$/);
  assert.equal(found.rows, 1);
  assert.match(found.cell, /unit 2 of lstm/);
  assert.match(found.drawing, /^LSTM\. forget gate 0\.\d\d, input gate/);
  assert.match(found.moves, /^Unit 2 moves most at /);
  writeFileSync(`${folder}/unit.png`, await page.screenshot());
}));

test("every select, button and table", () => visit(pages.bidirectional, {}, async (page) => {
  await page.evaluate(`{
    for (const select of document.querySelectorAll("select")) for (const option of select.options) {
      select.value = option.value;
      select.dispatchEvent(new Event("change", { bubbles: true }));
    }
    for (const button of document.querySelectorAll("button:not(.play)")) button.click();
    for (const table of document.querySelectorAll("details")) table.open = true;
    new Promise((resolve) => setTimeout(resolve, 100));
  }`);
  const rows = await page.evaluate("[...document.querySelectorAll('details')].map((one) => one.querySelectorAll('tbody tr').length)");
  assert.ok(rows.length >= 5 && rows.every((count) => count > 0), `rows of the tables: ${rows}`);
}));

test("another text, and a comparison with it", () => visit(pages.texts, {}, async (page) => {
  await page.evaluate("document.querySelectorAll('.texts button')[1].click()");
  assert.equal(await page.evaluate("document.querySelector('[data-view=words] .text').textContent"), "not good");
  await page.evaluate("{ const s = document.querySelector('.against select'); s.value = '0'; s.dispatchEvent(new Event('change')); }");
  assert.equal(await page.evaluate("document.querySelectorAll('[data-view=compare] [data-view=answer]').length"), 2);
}));

test("nothing of a hostile text runs, and all of it is shown", () => visit(pages.hostile, {}, async (page) => {
  assert.equal(await page.evaluate("document.title"), "Why? hostile");
  const shown = await page.evaluate("document.querySelector('[data-view=words] .text').textContent");
  assert.ok(shown.startsWith("<img src=x onerror=alert(1)> </script><script>document.title"), shown);
  // The policy holds even if a mistake let markup in.
  await page.evaluate("document.body.insertAdjacentHTML('beforeend', '<b id=probe onclick=\"window.ran = 1\">x</b>'); document.getElementById('probe').click(); document.getElementById('probe').remove()");
  assert.equal(await page.evaluate("window.ran === undefined"), true);
  assert.match(page.seen.errors.pop() ?? "", /Content Security Policy/);
}));

test("a fragment has no script and fits in a notebook", async () => {
  for (const name of ["binary", "series", "hostile"]) {
    const file = `${folder}/${name}-fragment.html`;
    assert.ok(!readFileSync(file, "utf8").includes("<script"));
    for (const dark of [false, true]) {
      await visit(pathToFileURL(resolve(file)).href, { width: 700, height: 300, dark }, async (page) => {
        writeFileSync(`${folder}/${name}-fragment-${dark ? "dark" : "light"}.png`, await page.screenshot());
      });
    }
  }
});

test("a thousand tokens of 64 units stay smooth", () => visit(pages.thousand, {}, async (page) => {
  const times = await page.evaluate(`(async () => {
    const words = [...document.querySelectorAll("[data-view=words] .text .word")];
    const times = [];
    for (let i = 0; i < 40; i++) {
      const start = performance.now();
      words[(i * 37) % words.length].dispatchEvent(new PointerEvent("pointermove", { bubbles: true }));
      document.body.offsetHeight;
      times.push(performance.now() - start);
    }
    const signals = [...document.querySelectorAll("[data-view=gates] .choice button")].map((button) => {
      const start = performance.now();
      button.click();
      document.body.offsetHeight;
      return performance.now() - start;
    });
    const median = (list) => list.sort((a, b) => a - b)[list.length >> 1];
    return { hover: median(times), signal: median(signals), nodes: document.querySelectorAll("*").length };
  })()`);
  console.log(`hover ${times.hover.toFixed(1)} ms, signal ${times.signal.toFixed(1)} ms, ${times.nodes} elements`);
  // Generous, because the machine may be busy.
  assert.ok(times.hover < 50, `hover ${times.hover} ms`);
  assert.ok(times.signal < 250, `signal ${times.signal} ms`);
  assert.ok(times.nodes < 2000, `${times.nodes} elements`);
}));
