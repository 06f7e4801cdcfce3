// The text with each word coloured by its contribution. Input: an explanation and what is chosen. Output: a card.
//
// A word for the output is blue with a line above it, a word against it orange with a line below it: colour is never
// the only sign. The strongest words also carry + or −.

import { card, choice, h, table } from "./dom.js";
import { largest, outputName, outputText, pieces, sides, tokenName, tokenValues, wholeName, written } from "./explanation.js";
import { isNumber, methodName, percent, plainName, signed } from "./format.js";
import { shown } from "./state.js";

export function valuesName(one) {
  return one.part ? `Share of ${plainName(one.key)}` : methodName(one.key);
}

// Returns the words of a text, without behaviour: {node, words, show(values)}.
export function text(e) {
  const { pieces: found, rest } = pieces(e);
  const words = found.map(({ text }, index) => {
    const { known, read } = e.tokens[index];
    return h("span", { class: `word${known ? "" : " unknown"}${read ? "" : " unread"}` }, text);
  });
  const node = h("div", { class: "text", dir: "auto" }, found.map(({ gap }, index) => [gap, words[index]]), rest);
  function show(values, most = largest(values)) {
    words.forEach((word, index) => {
      const share = isNumber(values[index]) ? values[index] / most : 0;
      word.style.setProperty("--share", Math.abs(share).toFixed(3));
      word.classList.toggle("plus", share > 0.02);
      word.classList.toggle("minus", share < -0.02);
      word.classList.toggle("strong", Math.abs(share) > 0.4);
    });
  }
  return { node, words, show };
}

export function words(e, state) {
  const lists = tokenValues(e);
  const { node, words, show } = text(e);
  const { plus, minus } = sides(e);
  const what = tokenName(e);
  const names = written(e);
  const details = h("div", { class: "details" });
  const note = h("p", { class: "about sum", "aria-live": "polite" });

  node.setAttribute("role", "listbox");
  node.setAttribute("aria-label", `The ${what}s with their contributions`);
  words.forEach((word) => { word.setAttribute("role", "option"); word.tabIndex = -1; });
  const at = (event) => words.indexOf(event.target.closest?.(".word"));
  const choose = (token, focus) => {
    state.set({ token, overToken: null });
    if (focus) words[token].focus();
  };
  node.addEventListener("pointermove", (event) => { const i = at(event); state.set({ overToken: i < 0 ? null : i }); });
  node.addEventListener("pointerleave", () => state.set({ overToken: null }));
  node.addEventListener("click", (event) => { const i = at(event); if (i >= 0) choose(i, true); });
  node.addEventListener("focusin", (event) => { const i = at(event); if (i >= 0) state.set({ token: i }); });
  node.addEventListener("keydown", (event) => {
    const { token } = state.get();
    const to = { ArrowRight: token + 1, ArrowLeft: token - 1, Home: 0, End: words.length - 1 }[event.key];
    if (to == null) return;
    event.preventDefault();
    if (words[to]) choose(to, true);
  });

  const tabs = choice("Method", lists.map((one) => [one.key, valuesName(one)]), state.get().method,
    (method) => state.set({ method }));
  let marked = null;
  state.on((now, before) => {
    const list = lists.find((one) => one.key === now.method);
    if (list && now.method !== before.method) {
      show(list.values);
      tabs.show(now.method);
      note.replaceChildren(about(list));
    }
    const { token } = shown(now);
    if (token === shown(before).token && now.method === before.method) return;
    const word = words[token];
    if (marked !== word) {
      marked?.classList.remove("chosen");
      word?.classList.add("chosen");
      marked = word;
    }
    if (now.token !== before.token) {
      words[before.token]?.setAttribute("aria-selected", "false");
      if (words[before.token]) words[before.token].tabIndex = -1;
      const chosen = words[now.token];
      if (chosen) {
        chosen.tabIndex = 0;
        chosen.setAttribute("aria-selected", "true");
        chosen.setAttribute("aria-label", spoken(now.token, list));
      }
    }
    details.replaceChildren(...(word ? describe(token, now.method) : []));
  });

  function spoken(token, list) {
    const { known, read } = e.tokens[token];
    return [names[token], list && signed(list.values[token]), !known && "unknown", !read && "not read",
      isNumber(e.beginnings[token]) && `${outputName(e)} up to here ${outputText(e, e.beginnings[token])}`,
    ].filter(Boolean).join(", ");
  }

  function describe(token, method) {
    const { known, read } = e.tokens[token];
    const fact = (name, value, className = "", chosen = false) => h("div", { class: chosen ? "fact chosen" : "fact" },
      h("dt", null, name), h("dd", { class: className }, value));
    const ends = (values, name) => isNumber(values[token]) && fact(name, outputText(e, values[token]));
    return [
      h("p", { class: "which" }, h("strong", null, names[token]), ` · ${what} ${token + 1} of ${words.length}`,
        !known && " · unknown to the vocabulary", !read && " · not read by the model"),
      h("dl", null,
        lists.map((one) => fact(valuesName(one), signed(one.values[token], 3), one.values[token] < 0 ? "minus" : "plus",
          one.key === method)),
        ends(e.beginnings, `${outputName(e)} if the ${wholeName(e)} ended here`),
        ends(e.endings, `${outputName(e)} if the ${wholeName(e)} began here`)),
    ];
  }

  const rows = () => e.tokens.map((token, i) => [`${i + 1} ${names[i]}`, ...lists.map((one) => signed(one.values[i], 4)),
    ...(e.beginnings.length ? [outputText(e, e.beginnings[i])] : []), token.known ? "" : "unknown", token.read ? "" : "not read"]);
  const head = () => [what, ...lists.map(valuesName), ...(e.beginnings.length ? [`if the ${wholeName(e)} ended here`] : []),
    "vocabulary", "read"];
  const unknown = e.tokens.some((token) => !token.known);
  const unread = e.tokens.some((token) => !token.read);
  return card("words", `What each ${what} contributes`, null,
    h("p", { class: "about key" },
      h("span", { class: "word plus strong", "--share": "0.7" }, plus), " ",
      h("span", { class: "word minus strong", "--share": "0.7" }, minus), " ",
      unknown && [h("span", { class: "word unknown" }, "unknown"), " "],
      unread && [h("span", { class: "word unread" }, "not read"), " "],
      h("span", { class: "hint" }, `Point at a ${what}, or use the arrow keys.`)),
    lists.length > 1 && tabs.node, node, note, details,
    table(`The contribution of each ${what}`, head, rows));

  function about(list) {
    if (list.part) {
      return `Its share of the ensemble's answer: weight ${signed(list.part.weight).replace("+", "")} × logit ${signed(list.part.logit)}.`;
    }
    const { sum, error, steps } = list;
    const whole = isNumber(error) && `, of a difference of ${signed(e.output.logit - e.output.baseline, 3)} to the baseline (off by ${percent(error)})`;
    return [`Sum ${signed(sum, 3)}${whole || ""}`, isNumber(steps) && `${steps} points`].filter(Boolean).join(" · ");
  }
}
