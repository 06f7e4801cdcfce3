// What the pictures need to know of an explanation. Input: its JSON. Output: numbers, pieces of text, orders of units.
// Nothing here touches a document.

import { counted, isNumber, percent, plain } from "./format.js";

// Returns an explanation in which nothing is missing, so that the pictures need not ask.
export function complete(e) {
  const lists = ["tokens", "attributions", "phrases", "beginnings", "endings", "layers", "parts", "notes"];
  return {
    text: null, ...e, ...Object.fromEntries(lists.map((name) => [name, e?.[name] ?? []])),
    tokens: (e?.tokens ?? []).map((token) => ({ text: "", id: null, known: true, read: true, span: null, ...token })),
    answer: { label: "", labels: [], scores: [], ...e?.answer }, output: { index: 0, ...e?.output },
    counterfactuals: { deletion: null, swap: null, ...e?.counterfactuals },
  };
}

// Whether the explained output is a probability; otherwise it is the number of a regression.
export function isProbability(e) {
  return e.output.label != null;
}

// Whether the tokens are the steps of a series.
export function isSeries(e) {
  return e.text == null && e.tokens.length > 0 && e.tokens.every((token) => token.id == null);
}

// Returns what a token is called: a word of a text, a step of a series, a token of a row of ids.
export function tokenName(e) {
  return e.text != null ? "word" : isSeries(e) ? "step" : "token";
}

// Returns what is explained: a text, a series, a row.
export function wholeName(e) {
  return e.text != null ? "text" : isSeries(e) ? "series" : "row";
}

// Returns a value of the explained output as text.
export function outputText(e, value) {
  return isProbability(e) ? percent(value) : plain(value, 3);
}

// Returns the name of the explained output.
export function outputName(e) {
  return isProbability(e) ? `P(${e.output.label})` : "output";
}

// Returns what positive and what negative contributions do.
export function sides(e) {
  const { label, other } = e.output;
  if (!isProbability(e)) return { plus: "for a higher number", minus: "for a lower number" };
  return { plus: `for ${label}`, minus: other == null ? `against ${label}` : `for ${other}` };
}

// Returns the tokens as they are written: words, and the numbers of steps.
export function written(e) {
  return isSeries(e) ? e.tokens.map((token) => `step ${token.text}`) : pieces(e).pieces.map((piece) => piece.text);
}

// Returns the text in pieces, one for each token: the text before the token, and the token as it is written. Spans are
// bytes of UTF-8. A token without one is shown as the tokenizer returns it.
export function pieces(e) {
  const bytes = new TextEncoder().encode(e.text ?? "");
  const decoder = new TextDecoder();
  const slice = (from, to) => decoder.decode(bytes.subarray(from, to));
  let at = 0;
  let written = true;
  const found = e.tokens.map((token, index) => {
    const [from, to] = token.span ?? [];
    const space = index > 0 ? " " : "";
    if (token.span == null || from < at || to > bytes.length) {
      written = false;
      return { gap: space, text: token.text };
    }
    const piece = { gap: slice(at, from) || (written ? "" : space), text: slice(from, to) || token.text };
    [at, written] = [to, true];
    return piece;
  });
  return { pieces: found, rest: at > 0 ? slice(at) : "" };
}

// Returns the largest absolute value, at least a tiny positive number.
export function largest(values) {
  return values.reduce((most, value) => (isNumber(value) ? Math.max(most, Math.abs(value)) : most), 1e-12);
}

// Returns every list of numbers over the tokens: the methods, then the parts of an ensemble.
export function tokenValues(e) {
  const methods = e.attributions.map((one) => ({ ...one, key: one.method }));
  return methods.concat(e.parts.map((part) => ({ key: part.name, values: part.values, part })));
}

// Returns the words that contribute most on each side, over all their occurrences: {name, count, value}, strongest first.
export function strongestWords(e, values, count) {
  const found = new Map();
  written(e).forEach((name, i) => {
    if (!isNumber(values[i])) return;
    const word = found.get(e.tokens[i].text) ?? { name, count: 0, value: 0 };
    found.set(e.tokens[i].text, { name: word.name, count: word.count + 1, value: word.value + values[i] });
  });
  const words = [...found.values()];
  const { plus, minus } = strongest(words.map((word) => word.value), count);
  return { plus: plus.map((i) => words[i]), minus: minus.map((i) => words[i]) };
}

// Returns the indexes of the `count` largest positive and of the largest negative values, strongest first.
export function strongest(values, count) {
  const order = values.map((value, index) => [value, index]).filter(([value]) => isNumber(value));
  const of = (sign) => order.filter(([value]) => value * sign > 0).sort(([a], [b]) => (b - a) * sign)
    .slice(0, count).map(([, index]) => index);
  return { plus: of(1), minus: of(-1) };
}

// Returns the differences of two lists over the same tokens, or null if the tokens differ.
export function difference(a, b, valuesA, valuesB) {
  const same = a.tokens.length === b.tokens.length && a.tokens.every((token, i) => token.text === b.tokens[i].text);
  return same ? valuesB.map((value, i) => value - valuesA[i]) : null;
}

export function signalOf(layer, name) {
  return layer.signals.find((signal) => signal.name === name);
}

// Whether a signal is a gate: between 0 and 1.
export function isGate(name) {
  return name.endsWith("_gate");
}

// Returns the range of the colours of a signal. Gates: what the layer's values take, at least 0.1 wide, or 0 to 1 if
// `whole`. Other signals: the same distance on both sides of zero.
export function signalRange(signal, whole = false) {
  if (isGate(signal.name)) {
    if (whole) return [0, 1];
    const values = signal.values.flat().filter(isNumber);
    const [low, high] = values.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [1, 0]);
    const room = Math.max(0, 0.1 - (high - low)) / 2;
    return values.length === 0 ? [0, 1] : [Math.max(0, low - room), Math.min(1, high + room)];
  }
  const most = signal.values.reduce((most, row) => Math.max(most, largest(row)), 1e-12);
  return [-most, most];
}

// Returns the signal that says what moves a unit: the cell, or the output where there is none.
function moving(layer) {
  return signalOf(layer, "cell") ?? signalOf(layer, "output") ?? layer.signals[0];
}

// Returns the distance between the largest and the smallest value of each unit's cell.
export function unitRanges(layer) {
  const { values } = moving(layer);
  return Array.from({ length: layer.units }, (_, unit) => {
    const column = values.map((row) => row[unit]).filter(isNumber);
    return column.length ? Math.max(...column) - Math.min(...column) : 0;
  });
}

// Returns the units in the order of the layer, or by the range of the cell, widest first.
export function unitOrder(layer, by) {
  const units = Array.from({ length: layer.units }, (_, unit) => unit);
  if (by !== "range") return units;
  const ranges = unitRanges(layer);
  return units.sort((a, b) => ranges[b] - ranges[a] || a - b);
}

// Returns the tokens between which a unit's cell moves most: [{token, change}], strongest first.
export function movers(layer, unit, count) {
  const { values } = moving(layer);
  const step = layer.backwards ? -1 : 1;
  const changes = values.map((row, t) => ({ token: t + layer.start, change: row[unit] - (values[t - step]?.[unit] ?? NaN) }));
  return changes.filter(({ change }) => isNumber(change) && change !== 0)
    .sort((a, b) => Math.abs(b.change) - Math.abs(a.change)).slice(0, count);
}

// Returns the numbers of a layer at a token: of one unit, or the means where `unit` is null. `before` is what the
// layer held before the token. Before the first token it follows from the equation of the cell, since a model without
// a mask has read padding by then. Returns null at a token that the layer does not read.
export function cellAt(layer, token, unit) {
  const t = token - layer.start;
  const at = (name, t) => {
    const signal = signalOf(layer, name);
    const value = unit == null ? signal?.mean[t] : signal?.values[t]?.[unit];
    return isNumber(value) ? value : null;
  };
  if (layer.signals.length === 0 || at("output", t) == null) return null;
  const held = layer.class === "LSTM" ? "cell" : "output";
  const names = ["forget_gate", "input_gate", "output_gate", "update_gate", "reset_gate", "candidate", "cell", "output"];
  const now = Object.fromEntries(names.map((name) => [name, at(name, t)]));
  let before = at(held, t + (layer.backwards ? 1 : -1));
  if (before == null && unit != null) before = beforeFirst(layer.class, now);
  return { ...now, before, output_before: at("output", t + (layer.backwards ? 1 : -1)) };
}

function beforeFirst(kind, { forget_gate: f, input_gate: i, candidate: g, cell: c, update_gate: z, output: h }) {
  const [keep, added, now] = kind === "LSTM" ? [f ?? 1, i * g, c] : kind === "GRU" ? [z, (1 - z) * g, h] : [0, 0, 0];
  return keep > 1e-3 ? (now - added) / keep : null;
}

// Whether the outputs of an LSTM are the output gate times tanh of the cell: the activation is a setting of the layer.
export function endsWithTanh(layer) {
  const [o, c, h] = ["output_gate", "cell", "output"].map((name) => signalOf(layer, name)?.values);
  if (!o || !c || !h) return false;
  return h.every((row, t) => row.every((value, u) => Math.abs(value - o[t][u] * Math.tanh(c[t][u])) < 1e-3));
}

// Returns the answer in words: the label with its probability, or the number.
export function answerText(e) {
  const { label, probability, value } = e.answer;
  if (value != null) return { label: plain(value, 3), chance: null };
  return { label: label === "" ? "no label" : label, chance: isNumber(probability) ? probability : null };
}

// Returns a text without its middle, for lists.
export function shortened(text, most) {
  const letters = Array.from(text.replace(/\s+/g, " ").trim());
  return letters.length <= most ? letters.join("") : `${letters.slice(0, most - 1).join("").trimEnd()}…`;
}

// Returns the name of an explanation in a list.
export function nameOf(e, most = 80) {
  if (e.text != null) return shortened(e.text, most) || "(empty text)";
  if (isSeries(e)) return `a series of ${counted(e.tokens.length, "step")}`;
  return shortened(e.tokens.map((token) => token.text).join(" "), most) || "(empty row)";
}
