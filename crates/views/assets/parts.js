// The parts of an ensemble, and the columns of a series. Input: an explanation. Output: cards.

import { bars } from "./bars.js";
import { card, h } from "./dom.js";
import { largest, sides } from "./explanation.js";
import { methodName, plain, plainName, signed } from "./format.js";
import { text } from "./words.js";

export function parts(e) {
  if (e.parts.length === 0) return null;
  const most = largest(e.parts.flatMap((part) => part.values));
  return card("parts", "The parts of the ensemble", "What each part adds to the logit: its weight times its own logit.",
    bars(e.parts.map(({ name, weight, logit }) => ({
      name: plainName(name), value: weight * logit, text: `${signed(weight * logit)} = ${plain(weight)} × ${signed(logit)}`,
    }))),
    e.tokens.length <= 120 && e.parts.map((part) => {
      const { node, show } = text(e);
      show(part.values, most);
      return h("div", { class: "part" }, h("h3", null, plainName(part.name)), node);
    }));
}

export function columns(e) {
  const found = e.attributions.filter((one) => one.columns?.length);
  if (found.length === 0) return null;
  const { plus, minus } = sides(e);
  return card("columns", "The columns of the series", `To the right: ${plus}; to the left: ${minus}.`,
    h("div", { class: "grid-of-bars" }, found.map((one) => h("div", { class: "phrase" }, h("h3", null, methodName(one.method)),
      bars(one.columns.map((value, i) => ({ name: `column ${i + 1}`, value })))))));
}
