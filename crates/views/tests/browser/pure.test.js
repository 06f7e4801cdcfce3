// The parts of the modules that touch no document: `node --test`.

import assert from "node:assert/strict";
import { test } from "node:test";
import { counted, methodName, percent, plain, signed } from "../../assets/format.js";
import { axis, line, mix, ticks } from "../../assets/geometry.js";
import * as of from "../../assets/explanation.js";
import { createState, shown } from "../../assets/state.js";
import { explanation, layer, series, tokens } from "./data.js";

test("numbers have true signs and no negative zero", () => {
  assert.deepEqual([0.515, -0.515, 0, -0.001, NaN, null].map((x) => signed(x)), ["+0.52", "−0.52", "0.00", "0.00", "–", "–"]);
  assert.deepEqual([1234.5, 0.00001, -2].map((x) => plain(x, 3)), ["1235", "1.0e-5", "−2.000"]);
  assert.deepEqual([counted(1, "word"), counted(2, "word")], ["1 word", "2 words"]);
  assert.deepEqual([methodName("gradient_times_input"), methodName("new_method")], ["Gradient × input", "new method"]);
});

test("what is not certain is never 0 % or 100 %", () => {
  assert.deepEqual([0, 1e-9, 0.0004, 0.0005, 0.621, 0.9994, 0.9995, 1, NaN].map(percent),
    ["0.0 %", "< 0.1 %", "< 0.1 %", "0.1 %", "62.1 %", "99.9 %", "> 99.9 %", "100.0 %", "–"]);
});

test("pieces follow bytes, and together are the text", () => {
  const text = "“Größe” 😀 matters, naïve – so!  ";
  const e = { text, tokens: tokens(text) };
  const { pieces, rest } = of.pieces(e);
  assert.deepEqual(pieces.map((piece) => piece.text), ["Größe", "matters", "naïve", "so"]);
  assert.equal(pieces.map(({ gap, text }) => gap + text).join("") + rest, text);
});

test("tokens without a place in the text stand for themselves", () => {
  const token = (text, span = null) => ({ text, span, id: 1 });
  const { pieces, rest } = of.pieces({ text: "Good film.", tokens: [token("<start>"), token("good", [0, 4]), token("x", [2, 9]), token("film", [5, 900])] });
  assert.deepEqual(pieces, [{ gap: "", text: "<start>" }, { gap: " ", text: "Good" }, { gap: " ", text: "x" }, { gap: " ", text: "film" }]);
  assert.equal(rest, " film.");
});

test("units are sorted by the range of the cell", () => {
  const cell = { name: "cell", values: [[0, 1, 5], [1, 9, 5], [0.5, -1, 5]], mean: [2, 5, 2] };
  const one = { class: "LSTM", units: 3, start: 4, backwards: false, signals: [cell] };
  assert.deepEqual(of.unitRanges(one), [1, 10, 0]);
  assert.deepEqual(of.unitOrder(one, "range"), [1, 0, 2]);
  assert.deepEqual(of.unitOrder(one, "layer"), [0, 1, 2]);
  assert.deepEqual(of.movers(one, 1, 5), [{ token: 6, change: -10 }, { token: 5, change: 8 }]);
  // A layer that reads backwards moves from the token after.
  assert.deepEqual(of.movers({ ...one, backwards: true }, 1, 1), [{ token: 5, change: 10 }]);
  assert.deepEqual(of.signalRange(cell), [-9, 9]);
  assert.deepEqual(of.signalRange({ name: "forget_gate", values: [[0.5]] }, true), [0, 1]);
  assert.deepEqual(of.signalRange({ name: "forget_gate", values: [[0.25, 0.75], [0.5, null]] }), [0.25, 0.75]);
  assert.deepEqual(of.signalRange({ name: "forget_gate", values: [[0.5], [0.5]] }), [0.45, 0.55]);
  assert.deepEqual(of.signalRange({ name: "forget_gate", values: [[1]] }), [0.95, 1]);
});

test("the numbers in a cell obey its equation, at the first token too", () => {
  const random = () => 0.5 + Math.sin(seed++) / 2;
  let seed = 1;
  for (const backwards of [false, true]) {
    for (const kind of ["LSTM", "GRU"]) {
      const one = layer(kind, "layer", 3, 6, random, { backwards, start: 2 });
      for (let token = 2; token < 8; token++) {
        for (let unit = 0; unit < 3; unit++) {
          const { forget_gate: f, input_gate: i, candidate: g, output_gate: o, cell: c, update_gate: z, output: h, before } = of.cellAt(one, token, unit);
          if (kind === "LSTM") {
            assert.ok(Math.abs(f * before + i * g - c) < 1e-3);
            assert.ok(Math.abs(o * Math.tanh(c) - h) < 1e-3);
          } else {
            assert.ok(Math.abs(z * before + (1 - z) * g - h) < 1e-3);
          }
        }
      }
      assert.equal(of.cellAt(one, 1, 0), null);
      assert.equal(of.cellAt(one, 8, 0), null);
    }
  }
  const one = layer("LSTM", "lstm", 2, 4, random);
  assert.ok(of.endsWithTanh(one));
  one.signals.find((signal) => signal.name === "output").values[0][0] += 0.1;
  assert.ok(!of.endsWithTanh(one));
});

test("an LSTM without a forget gate keeps the whole cell", () => {
  const signals = [["input_gate", 0.5], ["candidate", 0.4], ["output_gate", 1], ["cell", 0.7], ["output", 0.6]]
    .map(([name, value]) => ({ name, values: [[value]], mean: [value] }));
  const found = of.cellAt({ class: "LSTM", units: 1, start: 0, backwards: false, signals }, 0, 0);
  assert.ok(Math.abs(found.before - 0.5) < 1e-9);
  assert.equal(found.forget_gate, null);
});

test("words that contribute most are counted over all occurrences", () => {
  const e = { text: "Good bad good", tokens: tokens("Good bad good") };
  assert.deepEqual(of.strongestWords(e, [1, -0.5, 0.25], 4),
    { plus: [{ name: "Good", count: 2, value: 1.25 }], minus: [{ name: "bad", count: 1, value: -0.5 }] });
  assert.deepEqual(of.strongest([0, 2, -1, null, 3], 1), { plus: [4], minus: [2] });
});

test("outputs, sides and names by the kind of model", () => {
  const text = explanation({ text: "a good film", layers: [] });
  const many = explanation({ text: "a good film", layers: [], classes: 3, label: "sports", other: null });
  const numbers = series({ steps: 4 });
  assert.deepEqual([text, many, numbers].map(of.sides), [{ plus: "for positive", minus: "for negative" },
    { plus: "for sports", minus: "against sports" }, { plus: "for a higher number", minus: "for a lower number" }]);
  assert.deepEqual([text, numbers].map(of.tokenName), ["word", "step"]);
  assert.deepEqual([of.nameOf(text), of.nameOf(numbers), of.nameOf({ text: "", tokens: [] })], ["a good film", "a series of 4 steps", "(empty text)"]);
  assert.deepEqual(of.answerText(numbers), { label: "118.250", chance: null });
  assert.equal(of.shortened("a  very long\ntext 😀😀", 14), "a very long t…");
  assert.deepEqual(of.difference(text, text, [1, 2, 3], [2, 2, 1]), [1, 0, -2]);
  assert.equal(of.difference(text, many, [], [])?.length, 0);
  assert.equal(of.difference(text, numbers, [], []), null);
});

test("the axis has a column for each token", () => {
  const { x, token, step } = axis(160, 10);
  assert.equal(step, 10);
  assert.deepEqual([0, 9].map(x), [49, 139]);
  assert.deepEqual([0, 44, 53.9, 54, 200].map(token), [0, 0, 0, 1, 9]);
  assert.deepEqual(ticks(0.1, 9.5), [5]);
  assert.deepEqual(ticks(0, 1), [0, 0.5, 1]);
  assert.deepEqual(ticks(3, 3), [3]);
  assert.equal(line([1, null, 2, 3], (i) => i, (v) => v), "M0.0 1.0M2.0 2.0L3.0 3.0");
  assert.deepEqual(mix([0, 0, 0], [255, 100, 10], 0.5), [128, 50, 5]);
});

test("listeners hear changes, and changes only", () => {
  const state = createState({ token: 1, unit: null, overToken: null });
  const heard = [];
  const end = state.on((now, before) => heard.push([before.token, now.token]));
  state.set({ token: 1 });
  state.set({ token: 2 });
  end();
  state.set({ token: 3 });
  assert.deepEqual(heard, [[undefined, 1], [1, 2]]);
  assert.deepEqual(shown({ token: 1, unit: 4, overToken: 0, overUnit: null }), { token: 0, unit: 4 });
});
