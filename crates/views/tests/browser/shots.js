// Pictures of every page, to look at: `node shots.js PROGRAM CHROMIUM FOLDER [NAME…]`, with the example `page` as PROGRAM.

import { mkdirSync, writeFileSync } from "node:fs";
import { launch } from "./chromium.js";
import { writePages } from "./write.js";

const [program, chromium, folder, ...names] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const files = writePages(program, folder, names);
const browser = await launch(chromium);
for (const [name, url] of Object.entries(files)) {
  for (const [width, dark] of [[1280, false], [1280, true], [390, false], [390, true]]) {
    const page = await browser.open();
    await page.load(url, { width, dark });
    writeFileSync(`${folder}/${name}-${width}-${dark ? "dark" : "light"}.png`, await page.screenshot());
    if (page.seen.errors.length) console.log(name, width, page.seen.errors);
    await page.close();
  }
}
await browser.close();
