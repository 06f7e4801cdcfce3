// The answer: label, probability, threshold, what speaks for and against it. Input: an explanation. Output: a card.

import { h } from "./dom.js";
import { answerText, isProbability, outputName, sides, strongestWords } from "./explanation.js";
import { counted, isNumber, percent, signed } from "./format.js";

export function answer(e, name) {
  const { label, chance } = answerText(e);
  return h("section", { class: "card", "data-view": "answer", "aria-label": `The answer${name ? ` of ${name}` : ""}` },
    name && h("p", { class: "model" }, name),
    h("h2", { class: "label" }, h("strong", null, label), chance != null && h("span", { class: "chance" }, percent(chance))),
    isProbability(e) && meter(e),
    h("p", { class: "about" }, facts(e)),
    speaks(e));
}

// The probability of the explained output as a bar with the threshold.
function meter(e) {
  const { value, threshold } = e.output;
  return h("div", { class: "meter" },
    h("span", { class: "meter-name" }, outputName(e)),
    h("span", { class: "meter-track", "aria-hidden": "true" },
      h("span", { class: "meter-bar", "--size": String(value) }),
      isNumber(threshold) && h("span", { class: "meter-threshold", "--at": String(threshold) })),
    h("span", { class: "meter-number" }, percent(value)));
}

function facts(e) {
  const { output, answer } = e;
  const of = isProbability(e) ? (output.other == null ? "Logit" : "Log-odds") : "Output";
  const words = answer.words > 0 && `${counted(answer.words, "word")}, ${answer.oov} of them unknown`;
  return [
    isNumber(output.threshold) && `Threshold ${percent(output.threshold)}`,
    isNumber(output.logit) && `${of} ${signed(output.logit)}; with padding in place of every token ${signed(output.baseline)}`,
    words,
  ].filter(Boolean).join(" · ");
}

// The strongest words on both sides, by the first method.
function speaks(e) {
  const values = e.attributions[0]?.values;
  if (!values) return null;
  const { plus, minus } = strongestWords(e, values, 4);
  const names = sides(e);
  const list = (side, words) => h("div", { class: `side ${side}` },
    h("h3", null, names[side][0].toUpperCase() + names[side].slice(1)),
    words.length === 0 ? h("p", null, "nothing") : h("ul", null, words.map(({ name, count, value }) =>
      h("li", null, h("span", { class: "word-name" }, name), count > 1 && ` ×${count}`, " ",
        h("span", { class: `number ${side}` }, signed(value))))));
  return h("div", { class: "sides" }, list("plus", plus), list("minus", minus));
}
