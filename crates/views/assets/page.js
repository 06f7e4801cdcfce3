// The page: a list of texts, and the pictures of the chosen one. Input: {title, entries}, each entry a list of one or
// two {name, explanation}. Output: elements in `root`.

import { answer } from "./answer.js";
import { cell } from "./cell.js";
import { changes } from "./changes.js";
import { compare } from "./compare.js";
import { choice, h } from "./dom.js";
import { answerText, complete, nameOf, tokenValues } from "./explanation.js";
import { percent } from "./format.js";
import { gates } from "./gates.js";
import { columns, parts } from "./parts.js";
import { phrases } from "./phrases.js";
import { createState } from "./state.js";
import { timeline } from "./timeline.js";
import { words } from "./words.js";

// Returns the pictures of one explanation.
export function views(e, named) {
  const layer = e.layers.find((layer) => layer.signals.length > 0 && layer.units > 0);
  const preferred = ["forget_gate", "update_gate", "cell", "output"].find((name) => layer?.signals.some((one) => one.name === name));
  const last = e.tokens.findLastIndex((token) => token.read);
  const state = createState({
    token: Math.max(0, last), unit: null, overToken: null, overUnit: null, order: "layer", colours: "fitted",
    method: tokenValues(e)[0]?.key, layer: layer?.name, signal: preferred,
  });
  const empty = e.tokens.length === 0;
  return h("div", { class: "views" },
    !named && answer(e),
    e.notes.length > 0 && h("ul", { class: "notes", "data-view": "notes" }, e.notes.map((note) => h("li", null, note))),
    empty ? h("p", { class: "card" }, "There is nothing to read: the text has no tokens.") : [
      tokenValues(e).length > 0 && words(e, state), columns(e), timeline(e, state),
      h("div", { class: "states-and-cell" }, gates(e, state), cell(e, state)),
      phrases(e), changes(e), parts(e),
    ]);
}

// Returns the pictures of an entry: of one explanation, or of two and their differences.
function entry(named) {
  if (named.length === 1) return views(named[0].explanation);
  const below = h("div");
  const names = named.map(({ name }, i) => [i, name || nameOf(named[i].explanation, 40)]);
  const show = (i) => { below.replaceChildren(views(named[i].explanation, true)); which.show(i); };
  const which = choice("Pictures of", names, 0, show);
  show(0);
  return h("div", null, compare(named.map((one, i) => ({ ...one, name: names[i][1] }))),
    h("div", { class: "which-one" }, h("h2", null, "More of"), which.node), below);
}

export function render(root, { title, entries: given }) {
  const entries = given.map((named) => named.map((one) => ({ ...one, explanation: complete(one.explanation) })));
  const shownEntry = h("div", { class: "entry" });
  let [chosen, other] = [0, null];
  const show = () => {
    const named = entries[chosen].slice();
    if (other != null && named.length === 1) named.push(entries[other][0]);
    shownEntry.replaceChildren(entry(named));
    items.forEach((item, i) => item.setAttribute("aria-current", String(i === chosen)));
  };
  const items = entries.map((named, i) => {
    const { label, chance } = answerText(named[0].explanation);
    return h("button", { type: "button", onclick: () => { chosen = i; show(); } },
      h("span", { class: "item-text", dir: "auto" }, nameOf(named[0].explanation)),
      h("span", { class: "item-label" }, chance == null ? label : `${label} ${percent(chance)}`));
  });
  const single = entries.every((named) => named.length === 1);
  const against = h("select", { onchange: (event) => { other = event.target.value === "" ? null : Number(event.target.value); show(); } },
    h("option", { value: "" }, "nothing"), entries.map((named, i) => h("option", { value: String(i) }, nameOf(named[0].explanation, 50))));
  root.replaceChildren(
    h("header", null, h("h1", null, title)),
    h("main", null,
      entries.length > 1 && h("nav", { class: "card texts", "aria-label": "Explanations" }, h("h2", null, `${entries.length} explanations`),
        h("ul", null, items.map((item) => h("li", null, item))),
        single && h("label", { class: "against" }, h("span", null, "Compare with"), against)),
      entries.length === 0 ? h("p", { class: "card" }, "There is no explanation.") : shownEntry));
  if (entries.length > 0) show();
}
