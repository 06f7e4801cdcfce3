// The smallest changes that turn the answer, before and after. Input: an explanation. Output: a card.

import { card, h } from "./dom.js";
import { answerText, outputName, outputText, pieces } from "./explanation.js";
import { counted } from "./format.js";

export function changes(e) {
  const { deletion, swap } = e.counterfactuals;
  if (!deletion && !swap) return null;
  return card("changes", "What would turn it", "No part of a change is enough; another change may be smaller.",
    h("div", { class: "pair" },
      deletion && change(e, deletion, `Without ${counted(deletion.tokens.length, "word")}`),
      swap && change(e, swap, `With ${counted(swap.tokens.length, "other word")}`)));
}

function change(e, { tokens, words, label, value }, title) {
  const { pieces: found, rest } = pieces(e);
  const changed = new Map(tokens.map((token, i) => [token, words[i]]));
  // Long texts are cut to the neighbourhood of the changes.
  const near = (i) => found.length <= 60 || tokens.some((token) => Math.abs(token - i) <= 6);
  const parts = found.map(({ gap, text }, i) => {
    if (!near(i)) return near(i - 1) && i > 0 || i === 0 ? " … " : null;
    if (!changed.has(i)) return [gap, text];
    const to = changed.get(i);
    return [gap, h("del", null, text), to != null && [" ", h("ins", null, to)]];
  });
  return h("div", { class: "change" }, h("h3", null, title), h("p", { class: "text", dir: "auto" }, parts, near(found.length - 1) && rest),
    h("p", { class: "turn" }, h("span", { class: "from" }, `${answerText(e).label} · ${outputName(e)} ${outputText(e, e.output.value)}`),
      h("span", { class: "to-arrow", "aria-label": "becomes" }, " → "),
      h("strong", null, label), ` · ${outputName(e)} ${outputText(e, value)}`));
}
