// Writes the pages of `data.js` with the example `page`. Output: their addresses by name.

import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { pages } from "./data.js";

export function writePages(program, folder, only = []) {
  const addresses = {};
  for (const [name, entries] of Object.entries(pages())) {
    if (only.length > 0 && !only.includes(name)) continue;
    const files = entries.map((entry, i) => {
      const file = `${folder}/${name}-${i}.json`;
      const compared = Array.isArray(entry[0]);
      writeFileSync(file, JSON.stringify(compared ? entry.map(([name, explanation]) => ({ name, explanation })) : entry[0]));
      return file;
    });
    const html = execFileSync(program, [`Why? ${name}`, ...files], { maxBuffer: 1 << 28 });
    writeFileSync(`${folder}/${name}.html`, html);
    const fragments = files.filter((_, i) => !Array.isArray(entries[i][0]));
    if (fragments.length > 0) {
      writeFileSync(`${folder}/${name}-fragment.html`, `<!doctype html><meta charset="utf-8"><body>${
        execFileSync(program, ["--fragments", ...fragments], { maxBuffer: 1 << 28 })}`);
    }
    addresses[name] = pathToFileURL(resolve(`${folder}/${name}.html`)).href;
  }
  return addresses;
}
