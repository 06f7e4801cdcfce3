// Phrases against their words. Input: an explanation. Output: a card.

import { bars } from "./bars.js";
import { card, h } from "./dom.js";
import { largest, sides, written } from "./explanation.js";
import { signed } from "./format.js";

export function phrases(e) {
  if (e.phrases.length === 0) return null;
  const words = written(e);
  const most = largest(e.phrases.flatMap((one) => [one.score, one.interaction, ...one.words]));
  const { plus, minus } = sides(e);
  return card("phrases", "Phrases and their words",
    `A phrase is more than its words where the last bar is long. To the right: ${plus}; to the left: ${minus}.`,
    h("div", { class: "grid-of-bars" }, e.phrases.map((phrase) => {
      const sum = phrase.words.reduce((sum, value) => sum + value, 0);
      return h("div", { class: "phrase" }, h("h3", null, `“${phrase.text}”`), bars([
        ...phrase.words.map((value, i) => ({ name: words[phrase.start + i] ?? "", value })),
        ...(phrase.words.length > 1 ? [{ name: "sum of words", value: sum }] : []),
        { name: "phrase", value: phrase.score, strong: true },
        ...(phrase.words.length > 1 ? [{ name: "interaction", value: phrase.interaction, text: signed(phrase.interaction) }] : []),
      ], most));
    })));
}
