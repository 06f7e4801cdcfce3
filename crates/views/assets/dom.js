// Elements of a document. Input: names, attributes, children. Output: elements. Text is only ever set as text.

const SVG = "http://www.w3.org/2000/svg";

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name.startsWith("--")) element.style.setProperty(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.flat(Infinity).filter((child) => child != null && child !== false));
  return element;
}

export function h(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

let ids = 0;
export function freshId() {
  return `gw-${++ids}`;
}

// Returns a card with a heading, one sentence on what it shows, and its contents.
export function card(view, title, about, ...children) {
  const id = freshId();
  return h("section", { class: "card", "data-view": view, "aria-labelledby": id },
    h("h2", { id }, title), about && h("p", { class: "about" }, about), children);
}

// Returns buttons of which one is pressed. `options` are [key, name].
export function choice(label, options, chosen, choose) {
  const buttons = options.map(([key, name]) =>
    h("button", { type: "button", "aria-pressed": String(key === chosen), onclick: () => choose(key) }, name));
  return {
    node: h("div", { class: "choice", role: "group", "aria-label": label }, buttons),
    show(key) {
      buttons.forEach((button, i) => button.setAttribute("aria-pressed", String(options[i][0] === key)));
    },
  };
}

// Returns a table behind a summary: the same numbers as the picture. It is made when it is opened.
export function table(caption, head, rows) {
  const details = h("details", { class: "table" }, h("summary", null, "Table"));
  details.addEventListener("toggle", () => {
    details.querySelector(".scroll")?.remove();
    if (!details.open) return;
    const cells = (kind, row) => h("tr", null, row.map((cell, i) =>
      h(kind === "th" || i === 0 ? "th" : "td", { scope: kind === "th" ? "col" : i === 0 ? "row" : null }, String(cell))));
    details.append(h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
      h("table", null, h("caption", null, caption), h("thead", null, cells("th", head())),
        h("tbody", null, rows().map((row) => cells("td", row))))));
  });
  return details;
}

// Returns an element that `draw(width)` fills anew whenever its width changes.
export function sized(className, draw) {
  const node = h("div", { class: className });
  let width = 0;
  const redraw = () => { if (width > 0) node.replaceChildren(...[draw(width)].flat()); };
  new ResizeObserver(([entry]) => {
    const found = Math.round(entry.contentRect.width);
    if (found !== width) { width = found; redraw(); }
  }).observe(node);
  return { node, redraw };
}

// Calls `act` when the colours of the page change between light and dark.
export function onColours(act) {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", act);
}

// Returns a colour of the style sheet as three numbers.
export function colour(name, node = document.documentElement) {
  return getComputedStyle(node).getPropertyValue(name).trim().split(/\s+/).map(Number);
}
