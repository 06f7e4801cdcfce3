// The answer if the text ended, or began, at each token. Input: explanations and what is chosen. Output: a card.

import { card, h, sized, svg, table } from "./dom.js";
import { isProbability, outputName, outputText, shortened, tokenName, wholeName, written } from "./explanation.js";
import { isNumber, plain } from "./format.js";
import { axis, line, ticks } from "./geometry.js";
import { shown } from "./state.js";

// Returns the lines of an explanation: {name, values, className}.
export function lines(e) {
  return [
    e.beginnings.length > 0 && { name: "ended", about: `if the ${wholeName(e)} ended here`, values: e.beginnings, className: "ended" },
    e.endings.length > 0 && { name: "began", about: `if the ${wholeName(e)} began here`, values: e.endings, className: "began" },
  ].filter(Boolean);
}

export function timeline(e, state, curves = lines(e), title = `As the ${wholeName(e)} goes on`) {
  if (curves.length === 0) return null;
  const count = e.tokens.length;
  const what = tokenName(e);
  const words = written(e);
  const height = 190;
  const top = 14;
  const bottom = height - 40;
  const values = curves.flatMap((curve) => curve.values).filter(isNumber);
  const { threshold } = e.output;
  const [low, high] = isProbability(e) ? [0, 1] : spread([...values, e.output.value]);
  const y = (value) => bottom - (value - low) / (high - low) * (bottom - top);

  let places = axis(600, count);
  const marker = svg("g", { class: "marker" });
  const slider = h("input", { type: "range", min: "0", max: String(count - 1), step: "1", "aria-label": `Chosen ${what}` });
  const { node: plot } = sized("plot", (width) => {
    places = axis(width, count, 44, curves.length > 1 ? 76 : 16);
    const thumb = 18;
    slider.style.marginLeft = `${places.x(0) - thumb / 2}px`;
    slider.style.width = `${places.step * (count - 1) + thumb}px`;
    drawMarker(state.get());
    return svg("svg", { width, height, "aria-hidden": "true" }, grid(width), curves.map(curve), labels(), marker);
  });

  function grid(width) {
    const marks = isProbability(e) ? [0, 0.25, 0.5, 0.75, 1] : ticks(low, high);
    return [
      marks.map((mark) => svg("g", null,
        svg("line", { class: "grid", x1: places.left, x2: places.end, y1: y(mark), y2: y(mark) }),
        svg("text", { class: "tick", x: places.left - 6, y: y(mark) + 4, "text-anchor": "end" },
          isProbability(e) ? `${mark * 100} %` : plain(mark, high - low < 5 ? 2 : 0)))),
      isNumber(threshold) && svg("g", null,
        svg("line", { class: "threshold", x1: places.left, x2: places.end, y1: y(threshold), y2: y(threshold) }),
        width > 480 && svg("text", { class: "tick", x: places.left + 4, y: y(threshold) + (startsAbove() ? 12 : -4) }, "threshold")),
    ];
  }

  // The name of the threshold stands on the other side of it than the start of the lines.
  function startsAbove() {
    const near = curves.flatMap((curve) => curve.values.slice(0, Math.max(1, Math.ceil(60 / places.step)))).filter(isNumber);
    return near.reduce((sum, value) => sum + value - threshold, 0) > 0;
  }

  function curve({ name, values, className }, index) {
    const last = values.findLastIndex(isNumber);
    return svg("g", { class: `curve ${className}` },
      svg("path", { d: line(values, places.x, y) }),
      count <= 60 && values.map((value, i) => isNumber(value) && svg("circle", { cx: places.x(i), cy: y(value), r: 2.5 })),
      curves.length > 1 && last >= 0 && svg("text", { x: places.x(last) + 6, y: labelPlace(index, last), class: "curve-name" }, name));
  }

  // Keeps the names of two lines that end near one another apart.
  function labelPlace(index) {
    const ends = curves.map(({ values }) => y(values[values.findLastIndex(isNumber)]));
    const apart = Math.abs(ends[0] - ends[1]) < 14 ? (ends[index] <= ends[1 - index] && (ends[0] !== ends[1] || index === 0) ? -7 : 7) : 0;
    return ends[index] + 4 + apart;
  }

  // The words under the axis, where there is room.
  function labels() {
    if (places.step < 15) return null;
    const most = places.step < 40 ? 7 : Math.floor(places.step / 7);
    return words.map((word, i) => {
      const short = shortened(e.tokens[i].id == null ? e.tokens[i].text : word, most);
      const at = places.step < 40
        ? { transform: `translate(${places.x(i) + 4} ${bottom + 12}) rotate(-40)`, "text-anchor": "end" }
        : { x: places.x(i), y: bottom + 16, "text-anchor": "middle" };
      return svg("text", { class: "tick word-tick", ...at }, short);
    });
  }

  function drawMarker(now) {
    const { token } = shown(now);
    if (!(token >= 0 && token < count)) return marker.replaceChildren();
    const x = places.x(token);
    marker.replaceChildren(
      svg("line", { x1: x, x2: x, y1: top - 6, y2: bottom }),
      ...curves.filter((curve) => isNumber(curve.values[token])).map((curve) =>
        svg("circle", { class: curve.className, cx: x, cy: y(curve.values[token]), r: 4.5 })));
  }

  const dragged = (event) => state.set({ token: places.token(event.clientX - plot.getBoundingClientRect().left), overToken: null });
  plot.addEventListener("pointerdown", (event) => { plot.setPointerCapture(event.pointerId); dragged(event); });
  plot.addEventListener("pointermove", (event) => { if (plot.hasPointerCapture(event.pointerId)) dragged(event); });

  const readout = h("p", { class: "readout" });
  let timer = null;
  const play = h("button", { type: "button", class: "play", onclick: () => (timer == null ? start() : stop()) }, "Play");
  const stop = () => { clearInterval(timer); timer = null; play.textContent = "Play"; };
  const start = () => {
    if (state.get().token >= count - 1) state.set({ token: 0 });
    timer = setInterval(() => {
      const { token } = state.get();
      if (token >= count - 1 || !play.isConnected) stop();
      else state.set({ token: token + 1, overToken: null });
    }, Math.max(30, Math.min(350, 12000 / count)));
    play.textContent = "Pause";
  };
  const jump = (by) => { stop(); state.set({ token: Math.min(count - 1, Math.max(0, state.get().token + by)) }); };
  const step = (by, sign, name) => h("button", { type: "button", "aria-label": name, onclick: () => jump(by) }, sign);
  slider.addEventListener("input", () => { stop(); state.set({ token: Number(slider.value), overToken: null }); });

  state.on((now) => {
    const { token } = shown(now);
    drawMarker(now);
    if (slider.value !== String(now.token)) slider.value = String(now.token);
    const said = curves.map(({ about, name, values }) => `${outputText(e, values[token])} ${about ?? name}`).join(", ");
    readout.replaceChildren(h("strong", null, words[token] ?? ""), ` · ${outputName(e)} ${said}`);
    slider.setAttribute("aria-valuetext", `${what} ${now.token + 1} of ${count}, ${words[now.token]}: ${
      curves.map(({ about, name, values }) => `${outputText(e, values[now.token])} ${about ?? name}`).join(", ")}`);
  });

  return card("timeline", title, `${capital(outputName(e))} if the ${wholeName(e)} ended at each ${what}${e.endings.length ? ", or began there" : ""}.`,
    plot, slider, h("div", { class: "controls" }, step(-1, "◀", `One ${what} back`), play, step(1, "▶", `One ${what} on`), readout),
    table(`${capital(outputName(e))} at each ${what}`, () => [what, ...curves.map((curve) => curve.about ?? curve.name)],
      () => words.map((word, i) => [`${i + 1} ${word}`, ...curves.map((curve) => outputText(e, curve.values[i]))])));
}

function capital(text) {
  return text[0].toUpperCase() + text.slice(1);
}

function spread(values) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = (high - low) * 0.08 || 1;
  return [low - room, high + room];
}
