// The inside of a cell at the chosen token, drawn as in a textbook. Input: an explanation and what is chosen.
// Output: a card.

import { card, h, svg, table } from "./dom.js";
import { cellAt, endsWithTanh, tokenName, written } from "./explanation.js";
import { plain, plainName } from "./format.js";
import { shown } from "./state.js";

export function cell(e, state) {
  const layers = e.layers.filter((layer) => layer.signals.length > 0 && layer.units > 0);
  if (layers.length === 0) return null;
  const words = written(e);
  const picture = h("div", { class: "drawing" });
  const readout = h("p", { class: "readout" });
  const layer = () => layers.find((one) => one.name === state.get().layer) ?? layers[0];
  const ends = new Map(layers.map((one) => [one.name, one.class === "LSTM" && endsWithTanh(one)]));
  const numbers = () => {
    const { token, unit } = shown(state.get());
    return cellAt(layer(), token, unit);
  };
  state.on((now, before) => {
    const { token, unit } = shown(now);
    const old = shown(before);
    if (token === old.token && unit === old.unit && now.layer === before.layer) return;
    const values = numbers();
    readout.replaceChildren(h("strong", null, words[token] ?? ""),
      ` · ${unit == null ? "means of all units" : `unit ${unit + 1}`} of ${layer().name}${layer().backwards ? ", which reads backwards" : ""}`);
    if (!values) {
      picture.replaceChildren(h("p", { class: "about" }, `The model does not read this ${tokenName(e)}.`));
      return;
    }
    const draw = { LSTM: lstm, GRU: gru }[layer().class] ?? simple;
    picture.replaceChildren(draw({ values, one: unit != null, word: words[token] ?? "", tanh: ends.get(layer().name) }));
  });
  return card("cell", "Inside the cell", `What the chosen ${tokenName(e)} does to the chosen unit. Thicker lines carry more.`, readout, picture,
    table("The numbers in the drawing", () => ["signal", "value"], () => Object.entries(numbers() ?? {})
      .filter(([, value]) => value != null).map(([name, value]) => [plainName(name), plain(value, 4)])));
}

// The parts of a drawing. Thickness grows with the size of what flows.
const thick = (value) => 1.5 + 4 * Math.min(1, Math.abs(value ?? 0));
const wire = (d, value = 0, arrow = false) => svg("path", { class: arrow ? "wire arrow" : "wire", d, "stroke-width": thick(value).toFixed(2) });
const head = (x, y, turn = 0) => svg("path", { class: "head", d: "M-8 -5L1 0L-8 5Z", transform: `translate(${x} ${y}) rotate(${turn})` });
const say = (x, y, text, className = "said", anchor = "middle") => svg("text", { x, y, class: className, "text-anchor": anchor }, text);
const joint = (x, y, sign) => svg("g", { class: "joint" }, svg("circle", { cx: x, cy: y, r: 11 }), say(x, y + 5, sign, "sign"));
const box = (x, y, value, kind, name) => svg("g", { class: `box ${kind}` },
  svg("rect", { x: x - 27, y: y - 19, width: 54, height: 38, rx: 6 }),
  svg("rect", { class: "level", x: x - 27, y: y + 19 - 38 * Math.min(1, Math.abs(value ?? 0)), width: 54, height: 38 * Math.min(1, Math.abs(value ?? 0)), rx: 6 }),
  say(x, y + 5, plain(value), "value"), say(x, y + 34, name, "name"));

// What the layer held before. The means before the first token are not known.
const held = (name, value, one, y = 44) => value != null && say(14, y, `${one ? name : `mean |${name}|`} ${plain(value)}`, "said", "start");

function frame(height, label, ...children) {
  return svg("svg", { viewBox: `0 0 400 ${height}`, role: "img", "aria-label": label }, children.flat(2).filter(Boolean));
}

function spoken(values) {
  return Object.entries(values).filter(([, value]) => value != null).map(([name, value]) => `${plainName(name)} ${plain(value)}`).join(", ");
}

const shortWord = (word) => (Array.from(word).length > 14 ? `${Array.from(word).slice(0, 13).join("")}…` : word);

// Products mean something for one unit only: the mean of products is not the product of means.
function lstm({ values, one, word, tanh }) {
  const { forget_gate: f, input_gate: i, candidate: g, output_gate: o, cell: c, output, before } = values;
  const kept = one && before != null ? (f ?? 1) * before : null;
  const added = one && g != null ? i * g : null;
  const size = (value) => (value == null ? 0.15 : value);
  return frame(322, `LSTM. ${spoken(values)}`,
    // The cell state runs through on top.
    wire("M14 66H84", size(before)), wire("M106 66H189", size(kept)), wire("M211 66H386", size(c)), head(388, 66),
    held("cell before", before, one),
    say(386, 44, one ? `cell ${plain(c)}` : `mean |cell| ${plain(c)}`, "said strong", "end"),
    f != null ? [wire("M95 181V77", f), head(95, 79, -90), joint(95, 66, "×")] : wire("M84 66H106", size(before)),
    kept != null && say(150, 58, plain(kept), "said"),
    f != null ? box(95, 200, f, "gate", "forget σ") : say(95, 205, "no forget gate", "name"),
    // What is added: the input gate times the candidate.
    wire("M166 181V130H189", i), wire("M234 181V130H211", size(g)), wire("M200 119V77", size(added)), head(200, 79, -90),
    joint(200, 130, "×"), joint(200, 66, "+"), added != null && say(208, 102, plain(added), "said", "start"),
    box(166, 200, i, "gate", "input σ"), box(234, 200, g, "candidate", one ? "candidate" : "|candidate|"),
    // What is shown: the output gate times the squashed cell.
    wire("M352 66V98", size(c)), svg("g", { class: "act" }, svg("rect", { x: 324, y: 92, width: 56, height: 24, rx: 12 }),
      say(352, 108, tanh ? "tanh" : "activation", tanh ? "value" : "tiny")),
    wire("M352 116V141", size(output)), wire("M304 181V152H341", o), joint(352, 152, "×"),
    wire("M352 163V276H384", size(output)), head(388, 276), box(304, 200, o, "gate", "output σ"),
    say(386, 298, one ? `output ${plain(output)}` : `mean |output| ${plain(output)}`, "said strong", "end"),
    feed(word, f == null ? [166, 234, 304] : [95, 166, 234, 304], 264, values.output_before));
}

// The input and the output before, which every box reads.
function feed(word, boxes, y, before) {
  return [
    wire(`M14 ${y}H${boxes.at(-1)}`, 0.1), boxes.map((x) => [wire(`M${x} ${y}V${y - 22}`, 0.1)]),
    say(14, y + 20, `“${shortWord(word)}” and the output before${before == null ? "" : ` ${plain(before)}`}`, "said", "start"),
  ];
}

function gru({ values, one, word }) {
  const { update_gate: z, reset_gate: r, candidate: g, output, before } = values;
  const kept = one && before != null ? z * before : null;
  const added = one && g != null ? (1 - z) * g : null;
  const size = (value) => (value == null ? 0.15 : value);
  return frame(312, `GRU. ${spoken(values)}`,
    wire("M14 66H94", size(before)), wire("M116 66H279", size(kept)), wire("M301 66H386", size(output)), head(388, 66),
    held("output before", before, one),
    say(386, 44, one ? `output ${plain(output)}` : `mean |output| ${plain(output)}`, "said strong", "end"),
    kept != null && say(198, 58, plain(kept), "said"),
    wire("M105 181V77", z), head(105, 79, -90), joint(105, 66, "×"),
    wire("M105 130H279", 1 - z), say(190, 122, `1 − update = ${plain(1 - z)}`, "name"),
    wire("M290 181V141", size(g)), wire("M290 119V77", size(added)), head(290, 79, -90), joint(290, 130, "×"), joint(290, 66, "+"),
    added != null && say(298, 102, plain(added), "said", "start"),
    wire("M225 200H258", r), head(261, 200),
    box(105, 200, z, "gate", "update σ"), box(198, 200, r, "gate", "reset σ"), box(290, 200, g, "candidate", one ? "candidate" : "|candidate|"),
    feed(word, [105, 198, 290], 264, null));
}

function simple({ values, one, word }) {
  const { output, output_before: before } = values;
  const size = (value) => (value == null ? 0.15 : value);
  return frame(190, `SimpleRNN. ${spoken(values)}`,
    wire("M14 76H168", size(before)), wire("M232 76H386", size(output)), head(388, 76),
    held("output before", before, one, 40),
    say(386, 40, one ? `output ${plain(output)}` : `mean |output| ${plain(output)}`, "said strong", "end"),
    wire("M200 150V98", 0.2), head(200, 100, -90),
    svg("g", { class: "box candidate" }, svg("rect", { x: 168, y: 54, width: 64, height: 44, rx: 6 }), say(200, 81, "activation", "tiny")),
    say(200, 170, `“${shortWord(word)}”`, "said"));
}
