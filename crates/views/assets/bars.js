// Bars on both sides of zero. Input: rows of a name and a value. Output: a list.

import { h } from "./dom.js";
import { largest } from "./explanation.js";
import { signed } from "./format.js";

// Each row: {name, value, text, strong}. `most` is the value of a full bar.
export function bars(rows, most = largest(rows.map((row) => row.value))) {
  return h("ul", { class: "bars" }, rows.map(({ name, value, text = signed(value), strong }) =>
    h("li", { class: strong ? "strong" : null },
      h("span", { class: "name" }, name),
      h("span", { class: "track", "aria-hidden": "true" },
        h("span", { class: value < 0 ? "bar minus" : "bar plus", "--size": String(Math.min(1, Math.abs(value) / most)) })),
      h("span", { class: value < 0 ? "number minus" : "number plus" }, text))));
}
