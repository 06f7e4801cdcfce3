// Two explanations side by side. Input: two named explanations. Output: cards.

import { answer } from "./answer.js";
import { bars } from "./bars.js";
import { card, h } from "./dom.js";
import { difference, isProbability, largest, outputName, outputText, shortened, signalOf, strongest, wholeName, written } from "./explanation.js";
import { methodName, plain, plainName, signed } from "./format.js";
import { createState } from "./state.js";
import { timeline } from "./timeline.js";
import { text } from "./words.js";

export function compare([a, b]) {
  const [first, second] = [a.explanation, b.explanation];
  const names = a.name === b.name ? ["first", "second"] : [a.name, b.name];
  const sameOutput = first.output.label === second.output.label;
  const logits = second.output.logit - first.output.logit;
  return h("div", { class: "compare", "data-view": "compare" },
    h("div", { class: "pair" }, answer(first, names[0]), answer(second, names[1])),
    card("differences", "The difference", null,
      h("p", { class: "difference" },
        sameOutput ? [`${outputName(first)}: `, outputText(first, first.output.value), " → ", outputText(second, second.output.value),
          ` (${isProbability(first) ? `${signed((second.output.value - first.output.value) * 100, 1)} points` : signed(second.output.value - first.output.value)}; logit ${signed(logits)})`]
          : `Two different outputs are explained, ${outputName(first)} and ${outputName(second)}: their numbers do not compare.`),
      contributions(first, second, names)),
    overlay(first, second, names),
    states(first, second, names));
}

// The contributions of both by the first method that both have, in one scale; for the same words, their difference.
function contributions(first, second, names) {
  const method = first.attributions.map((one) => one.method).find((method) => second.attributions.some((one) => one.method === method));
  if (method == null) return null;
  const [x, y] = [first, second].map((e) => e.attributions.find((one) => one.method === method).values);
  const most = Math.max(largest(x), largest(y));
  const shownText = (e, values, name, scale = most) => {
    const { node, show } = text(e);
    show(values, scale);
    return h("div", { class: "part" }, h("h3", null, name), node);
  };
  const change = difference(first, second, x, y);
  const words = written(first);
  const { plus, minus } = change ? strongest(change, 4) : { plus: [], minus: [] };
  return [h("p", { class: "about" }, `${methodName(method)}, both in one scale.`),
    h("div", { class: "pair" }, shownText(first, x, names[0]), shownText(second, y, names[1])),
    change && [shownText(second, change, `${names[1]} less ${names[0]}`, largest(change)),
      bars([...plus, ...minus.reverse()].map((i) => ({ name: words[i], value: change[i] })))]];
}

// Both lines over the same words.
function overlay(first, second, names) {
  if (!difference(first, second, first.beginnings, second.beginnings) || first.beginnings.length === 0 || second.beginnings.length === 0) return null;
  const curves = [
    { name: shortened(names[0], 9), about: `by ${names[0]}`, values: first.beginnings, className: "ended" },
    { name: shortened(names[1], 9), about: `by ${names[1]}`, values: second.beginnings, className: "began" },
  ];
  return timeline({ ...first, endings: [] }, createState({ token: first.tokens.length - 1 }), curves,
    `As the ${wholeName(first)} goes on, by both`);
}

// The means of the signals that both have, at the last token, layer by layer.
function states(first, second, names) {
  const rows = first.layers.flatMap((layer, i) => {
    const other = second.layers[i];
    if (!other) return [];
    return layer.signals.flatMap((signal) => {
      const [x, y] = [signal.mean.at(-1), signalOf(other, signal.name)?.mean.at(-1)];
      return x == null || y == null ? [] : [{ name: `${layer.name === other.name ? layer.name : `${layer.name}, ${other.name}`}: ${plainName(signal.name)}`, value: y - x, text: `${plain(x)} → ${plain(y)}` }];
    });
  });
  return rows.length === 0 ? null : card("states", "The states at the end",
    `The mean of each signal at the last token: ${names[0]} → ${names[1]}. Of cell, candidate and output, of absolute values.`, bars(rows));
}
