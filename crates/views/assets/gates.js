// Gates and states, units × tokens, as a heat map. Input: an explanation and what is chosen. Output: a card.

import { card, choice, colour, h, onColours, sized, svg, table } from "./dom.js";
import { isGate, largest, movers, signalOf, signalRange, tokenName, unitOrder, unitRanges, written } from "./explanation.js";
import { isNumber, plain, plainName, signed } from "./format.js";
import { axis, line, mix } from "./geometry.js";
import { shown } from "./state.js";

const MEAN_HEIGHT = 46;

export function gates(e, state) {
  const layers = e.layers.filter((layer) => layer.signals.length > 0 && layer.units > 0);
  if (layers.length === 0) return null;
  const count = e.tokens.length;
  const words = written(e);
  const what = tokenName(e);
  const layer = () => layers.find((one) => one.name === state.get().layer) ?? layers[0];
  const signal = () => signalOf(layer(), state.get().signal) ?? layer().signals[0];
  const range = () => signalRange(signal(), state.get().colours === "whole");
  const order = () => unitOrder(layer(), state.get().order);
  const rowHeight = () => Math.max(5, Math.min(20, Math.floor(320 / layer().units)));

  let places = axis(600, count);
  const canvas = h("canvas", { tabindex: "0", role: "application", "aria-roledescription": "heat map" });
  const marks = svg("svg", { class: "marks", "aria-hidden": "true" });
  const { node: map, redraw } = sized("map", (width) => {
    places = axis(width, count);
    const height = rowHeight() * layer().units;
    paint(width, height);
    marks.setAttribute("width", width);
    marks.setAttribute("height", height + MEAN_HEIGHT);
    drawMarks(state.get());
    return [mean(width), h("div", { class: "cells" }, canvas, marks)];
  });

  // One pixel for each value, drawn large: fast for a thousand tokens.
  function paint(width, height) {
    const { values, name } = signal();
    const [low, high] = range();
    const [zero, plus, minus, gate] = ["--map-zero", "--map-plus", "--map-minus", "--map-gate"].map((name) => colour(name));
    const small = document.createElement("canvas");
    small.width = values.length || 1;
    small.height = layer().units;
    const context = small.getContext("2d");
    const image = context.createImageData(small.width, small.height);
    order().forEach((unit, row) => values.forEach((at, t) => {
      const value = at[unit];
      const place = (row * small.width + t) * 4;
      if (!isNumber(value)) return;
      const shade = isGate(name) ? mix(zero, gate, Math.min(1, Math.max(0, (value - low) / (high - low))))
        : mix(zero, value < 0 ? minus : plus, Math.min(1, Math.abs(value) / high));
      image.data.set([...shade, 255], place);
    }));
    context.putImageData(image, 0, 0);
    const scale = Math.min(3, devicePixelRatio || 1);
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    canvas.style.height = `${height}px`;
    const large = canvas.getContext("2d");
    large.scale(scale, scale);
    large.imageSmoothingEnabled = values.length > width;
    large.drawImage(small, places.left + layer().start * places.step, 0, values.length * places.step, height);
    if (rowHeight() < 9) return;
    large.font = `10px ${getComputedStyle(canvas).fontFamily}`;
    large.fillStyle = `rgb(${colour("--muted-rgb").join(" ")})`;
    large.textAlign = "right";
    order().forEach((unit, row) => large.fillText(String(unit + 1), places.left - 6, (row + 0.5) * rowHeight() + 3.5));
  }

  function mean(width) {
    const { mean, name } = signal();
    const [least, most] = isGate(name) ? range() : [0, largest(mean)];
    const y = (value) => MEAN_HEIGHT - 6 - (value - least) / (most - least) * (MEAN_HEIGHT - 14);
    return svg("svg", { class: "mean", width, height: MEAN_HEIGHT, "aria-hidden": "true" },
      svg("line", { class: "grid", x1: places.left, x2: places.end, y1: y(least), y2: y(least) }),
      svg("text", { class: "tick", x: places.left - 6, y: y(most) + 8, "text-anchor": "end" }, plain(most)),
      svg("text", { class: "tick", x: places.left - 6, y: y(least) + 2, "text-anchor": "end" }, "mean"),
      svg("path", { class: "mean-line", d: line(mean, (i) => places.x(i + layer().start), y) }));
  }

  function drawMarks(now) {
    const { token, unit } = shown(now);
    const height = rowHeight();
    const row = unit == null ? -1 : order().indexOf(unit);
    marks.replaceChildren(
      ...(token >= 0 ? [svg("rect", { class: "column", x: places.left + token * places.step, y: 0.5,
        width: Math.max(2, places.step), height: height * layer().units - 1 })] : []),
      ...(row >= 0 ? [svg("rect", { class: "row", x: places.left, y: row * height + 0.5, width: places.step * count, height: height - 1 })] : []));
  }

  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    if (x < places.left || x > places.end || y < 0 || y >= box.height) return null;
    return { token: places.token(x), unit: order()[Math.floor(y / rowHeight())] ?? null };
  };
  canvas.addEventListener("pointermove", (event) => {
    const found = at(event);
    state.set({ overToken: found?.token ?? null, overUnit: found?.unit ?? null });
  });
  canvas.addEventListener("pointerleave", () => state.set({ overToken: null, overUnit: null }));
  canvas.addEventListener("click", (event) => { const found = at(event); if (found) state.set(found); });
  canvas.addEventListener("keydown", (event) => {
    const { token, unit } = state.get();
    const units = order();
    const row = unit == null ? -1 : units.indexOf(unit);
    const moves = {
      ArrowRight: { token: Math.min(count - 1, token + 1) }, ArrowLeft: { token: Math.max(0, token - 1) },
      ArrowDown: { unit: units[Math.min(units.length - 1, row + 1)] }, ArrowUp: { unit: units[Math.max(0, row - 1)] },
      Escape: { unit: null },
    };
    if (!moves[event.key]) return;
    event.preventDefault();
    state.set({ ...moves[event.key], overToken: null, overUnit: null });
  });

  const layerChoice = h("select", { onchange: (event) => state.set({ layer: event.target.value, unit: null }) },
    layers.map((one) => h("option", { value: one.name }, `${one.name} (${one.class}, ${one.units} units${one.backwards ? ", backwards" : ""})`)));
  const orderChoice = h("select", { onchange: (event) => state.set({ order: event.target.value }) },
    h("option", { value: "layer" }, "as in the layer"), h("option", { value: "range" }, "by what moves most"));
  const colourChoice = h("select", { onchange: (event) => state.set({ colours: event.target.value }) },
    h("option", { value: "fitted" }, "least to most"), h("option", { value: "whole" }, "0 to 1"));
  const unitChoice = h("select", { onchange: (event) => state.set({ unit: event.target.value === "" ? null : Number(event.target.value) }) });
  const signals = h("div");
  const scale = h("span", { class: "scale" });
  const readout = h("p", { class: "readout" });
  const moves = h("p", { class: "about moves" });
  let signalChoice = null;

  state.on((now, before) => {
    const changed = (key) => now[key] !== before[key];
    if (changed("layer")) {
      layerChoice.value = layer().name;
      unitChoice.replaceChildren(h("option", { value: "" }, "all (means)"),
        ...Array.from({ length: layer().units }, (_, unit) => h("option", { value: String(unit) }, `unit ${unit + 1}`)));
      signalChoice = choice("Signal", layer().signals.map(({ name }) => [name, plainName(name)]), signal().name,
        (name) => state.set({ signal: name }));
      signals.replaceChildren(signalChoice.node);
    }
    if (changed("layer") || changed("signal") || changed("order") || changed("colours")) {
      signalChoice.show(signal().name);
      const [low, high] = range();
      scale.replaceChildren(plain(low), h("span", { class: isGate(signal().name) ? "ramp gate" : "ramp" }), plain(high));
      redraw();
    } else {
      drawMarks(now);
    }
    unitChoice.value = now.unit == null ? "" : String(now.unit);
    const { token, unit } = shown(now);
    const t = token - layer().start;
    const value = unit == null ? signal().mean[t] : signal().values[t]?.[unit];
    const name = plainName(signal().name);
    const said = `${unit == null ? `mean of the units' ${name}` : `${name} of unit ${unit + 1}`}: ${isNumber(value) ? plain(value, 3) : `the ${what} is not read`}`;
    readout.replaceChildren(h("strong", null, words[token] ?? ""), ` · ${said}`);
    canvas.setAttribute("aria-label", `${name}, units by ${what}s. ${words[token]}, ${said}`);
    if (changed("unit") || changed("overUnit") || changed("layer")) {
      const strongest = unit == null ? [] : movers(layer(), unit, 4);
      moves.textContent = strongest.length === 0 ? "" :
        `Unit ${unit + 1} moves most at ${strongest.map(({ token, change }) => `${words[token]} (${signed(change)})`).join(", ")}.`;
    }
  });
  onColours(redraw);

  const labelled = (name, control) => h("label", null, h("span", null, name), control);
  return card("gates", "Gates and states", `Each row is a unit, each column a ${what}. The line is the mean of the units; of cell, candidate and output, of their absolute values. The arrow keys move through ${what}s and units.`,
    h("div", { class: "controls" }, layers.length > 1 && labelled("Layer", layerChoice), labelled("Order of units", orderChoice),
      labelled("Colours of gates", colourChoice), labelled("Unit", unitChoice)),
    signals, h("div", { class: "controls under" }, readout, scale), map, moves,
    table("The range of the cell, or of the output, of each unit", () => ["unit", "range", "moves most at"],
      () => unitOrder(layer(), "range").map((unit) => [String(unit + 1), plain(unitRanges(layer())[unit], 3),
        movers(layer(), unit, 3).map(({ token, change }) => `${words[token]} (${signed(change)})`).join(", ")])),
    valuesTable());

  function valuesTable() {
    const details = table("The chosen signal at each token", () => [what, "mean", ...order().map((unit) => `unit ${unit + 1}`)],
      () => signal().values.map((row, t) => [`${t + layer().start + 1} ${words[t + layer().start] ?? ""}`, plain(signal().mean[t], 3),
        ...order().map((unit) => plain(row[unit], 3))]));
    details.querySelector("summary").textContent = "Table of the signal";
    return details;
  }
}
