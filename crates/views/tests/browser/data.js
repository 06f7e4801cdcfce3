// Made-up explanations for tests of the pages. The cells compute their equations, so that the numbers of a drawing fit
// together; all else is drawn at random from a seed. Output: explanations with every view.

function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const sigmoid = (x) => 1 / (1 + Math.exp(-x));
const round = (x) => Math.round(x * 1e5) / 1e5;
const GOOD = new Set(["brilliant", "moving", "wonderful", "loved", "good", "superb", "touching"]);
const BAD = new Set(["dull", "lifeless", "not", "boring", "worst", "tedious", "waste"]);

// Words with their spans in bytes.
export function tokens(text, unknown = []) {
  const bytes = (part) => new TextEncoder().encode(part).length;
  return [...text.matchAll(/[\p{L}\p{N}']+/gu)].map((found) => {
    const start = bytes(text.slice(0, found.index));
    const word = found[0].toLowerCase();
    return { text: word, id: word.length + 10, known: !unknown.includes(word), read: true, span: [start, start + bytes(found[0])] };
  });
}

export function layer(kind, name, units, count, random, { backwards = false, start = 0 } = {}) {
  const names = {
    LSTM: ["input_gate", "forget_gate", "candidate", "output_gate", "cell", "output"],
    GRU: ["update_gate", "reset_gate", "candidate", "output"],
    SimpleRNN: ["output"],
  }[kind];
  const signals = names.map((name) => ({ name, values: Array.from({ length: count }, () => new Array(units)), mean: [] }));
  const draw = () => (random() - 0.5) * 5;
  for (let unit = 0; unit < units; unit++) {
    let [c, h] = [random() - 0.5, 0];
    const bias = random() * 3;
    for (let step = 0; step < count; step++) {
      const t = backwards ? count - 1 - step : step;
      let values;
      if (kind === "LSTM") {
        const [i, f, g, o] = [sigmoid(draw()), sigmoid(draw() + bias), Math.tanh(draw() * 0.7), sigmoid(draw())];
        c = f * c + i * g;
        h = o * Math.tanh(c);
        values = [i, f, g, o, c, h];
      } else if (kind === "GRU") {
        const [z, r, g] = [sigmoid(draw() + bias), sigmoid(draw()), Math.tanh(draw() * 0.7)];
        h = z * h + (1 - z) * g;
        values = [z, r, g, h];
      } else {
        h = Math.tanh(0.6 * h + draw() * 0.5);
        values = [h];
      }
      signals.forEach((signal, i) => { signal.values[t][unit] = round(values[i]); });
    }
  }
  for (const signal of signals) {
    const size = signal.name.endsWith("_gate") ? (x) => x : Math.abs;
    signal.mean = signal.values.map((row) => round(row.reduce((sum, x) => sum + size(x), 0) / units));
  }
  return { name, class: kind, units, backwards, start, signals };
}

export function explanation({ text, seed = 1, label = "positive", other = "negative", unknown = [], layers, classes = 0,
  bidirectional = false, ensemble = false, unread = 0, notes = [], swap = true }) {
  const random = generator(seed);
  const all = tokens(text, unknown);
  all.forEach((token, i) => { token.read = i >= unread; });
  const count = all.length;
  const read = count - unread;
  const base = all.map((token, i) => {
    if (i < unread) return 0;
    const negated = all[i - 1]?.text === "not";
    const of = GOOD.has(token.text) ? 1.4 : BAD.has(token.text) ? -1.3 : 0;
    return (negated ? -0.4 * of : of) + (random() - 0.5) * 0.3;
  });
  const noisy = (scale) => base.map((value) => round(value * scale + (value === 0 ? 0 : (random() - 0.5) * 0.2)));
  const sum = (values) => values.reduce((sum, value) => sum + value, 0);
  const baseline = -0.2;
  const integrated = base.map(round);
  const logit = baseline + sum(integrated);
  const value = sigmoid(logit);
  const threshold = classes > 2 ? null : 0.5;
  const methods = { integrated_gradients: integrated, gradient_times_input: noisy(1.3), contextual_decomposition: noisy(0.8), linear_model: noisy(0.5) };
  const attributions = Object.entries(methods).map(([method, values]) => ({
    method, values, sum: sum(values), error: method === "integrated_gradients" ? 0.0031 : null,
    steps: method === "integrated_gradients" ? 16 : null, columns: null,
  }));
  let running = baseline;
  const beginnings = base.map((x) => sigmoid(running += x));
  running = logit;
  const endings = bidirectional ? base.map((x) => { const now = sigmoid(running); running -= x; return now; }) : [];
  const predicted = classes > 2 || value > 0.5 ? label : other;
  const phrases = all.slice(1).map((_, i) => i).filter((i) => i >= unread && Math.abs(base[i]) + Math.abs(base[i + 1]) > 1.2).slice(0, 4)
    .map((start) => {
      const words = [methods.contextual_decomposition[start], methods.contextual_decomposition[start + 1]];
      const interaction = all[start].text === "not" ? -0.9 : 0.21;
      return { start, end: start + 2, text: `${all[start].text} ${all[start + 1].text}`, score: sum(words) + interaction, words, interaction };
    });
  const strongest = base.map((_, i) => i).sort((a, b) => (base[b] - base[a]) * Math.sign(logit)).slice(0, 2).sort((a, b) => a - b);
  const turned = predicted === label ? other ?? "politics" : label;
  const part = (name, weight, scale) => ({ name, weight, logit: logit * scale, values: integrated.map((x) => x * scale * weight) });
  return {
    text, tokens: all,
    answer: {
      label: predicted, labels: [predicted], probability: classes > 2 || value > 0.5 ? value : 1 - value, value: null,
      scores: classes > 2 ? [value, (1 - value) * 0.7, (1 - value) * 0.3] : [value], words: count, oov: unknown.length,
    },
    output: { index: 0, label, other: classes > 2 ? null : other, value, logit, baseline, threshold },
    attributions, phrases, beginnings, endings,
    layers: layers.map(([kind, name, units, backwards]) => layer(kind, name, units, read, random, { backwards, start: unread })),
    counterfactuals: {
      deletion: { tokens: strongest, words: [], label: turned, value: 1 - value },
      swap: swap ? { tokens: strongest.slice(0, 1), words: ["awful"], label: turned, value: 0.6 * (1 - value) } : null,
    },
    parts: ensemble ? [part("member_1", 0.4, 1.1), part("member_2", 0.4, 0.8), part("linear_model", 0.2, 1.2)] : [],
    notes,
  };
}

export function series({ steps = 40, columns = 3, seed = 3 }) {
  const random = generator(seed);
  const values = Array.from({ length: steps }, (_, t) => round(Math.sin(t / 4) * 0.3 + (random() - 0.5) * 0.2));
  const sum = values.reduce((sum, x) => sum + x, 0);
  return {
    text: null, tokens: values.map((_, t) => ({ text: String(t + 1), id: null, known: true, read: true, span: null })),
    answer: { label: "118.25", labels: [], probability: null, value: 118.25, scores: [0.41], words: 0, oov: 0 },
    output: { index: 0, label: null, other: null, value: 118.25, logit: 0.41, baseline: 0.41 - sum, threshold: null },
    attributions: [{ method: "integrated_gradients", values, sum, error: 0.0004, steps: 16,
      columns: Array.from({ length: columns }, () => round(random() - 0.5)) }],
    phrases: [], beginnings: values.map((_, t) => 100 + t * 0.4 + Math.sin(t / 3) * 6), endings: [],
    layers: [layer("GRU", "gru", 6, steps, random)], counterfactuals: { deletion: null, swap: null }, parts: [], notes: [],
  };
}

const FILM = "A brilliant, moving film: not dull for a minute. The zorblax acting is superb, and I loved the ending – even if the “middle” part is tedious.";
const LSTM = [["LSTM", "lstm", 10, false]];
const HOSTILE = `<img src=x onerror=alert(1)> </script><script>document.title="owned"</script> <!-- good --> ]]> \u2028 \u0000 "' &amp; javascript:void(0) <svg onload=alert(2)> superb \ud83d\ude00 مرحبا`;

// By the name of a page: its entries, each one explanation or two.
export function pages() {
  const film = explanation({ text: FILM, unknown: ["zorblax"], layers: LSTM });
  const long = Array.from({ length: 1000 }, (_, i) => ["good", "the", "plot", "is", "dull", "and", "a", "film", "of", "some"][(i * 7 + (i >> 3)) % 10]).join(" ");
  return {
    binary: [[film]],
    classes: [[explanation({ text: "The striker loved a superb goal in the last minute of a tedious match", label: "sports", other: null, classes: 3, seed: 5,
      layers: [["LSTM", "lstm", 24, false], ["GRU", "gru", 8, false]], swap: false })]],
    bidirectional: [[explanation({ text: FILM, seed: 7, bidirectional: true, unread: 3, notes: ["The model reads the last 24 words; 3 words at the start are not read."],
      layers: [["LSTM", "bidirectional/forward_lstm", 12, false], ["LSTM", "bidirectional/backward_lstm", 12, true]] })]],
    ensemble: [[explanation({ text: "Not good: the worst, most tedious film of the year, a waste of a wonderful cast.", seed: 9, ensemble: true, layers: [["SimpleRNN", "simple_rnn", 8, false]] })]],
    series: [[series({})]],
    comparison: [[["SimpleRNN", explanation({ text: FILM, seed: 13, unknown: ["zorblax"], layers: [["LSTM", "lstm", 6, false]] })],
      ["LSTM", { ...film, output: { ...film.output } }]]],
    texts: ["good", "not good", FILM, "A dull, lifeless film.", HOSTILE].map((text, i) => [explanation({ text, seed: 20 + i, layers: LSTM })]),
    thousand: [[explanation({ text: long, seed: 17, layers: [["LSTM", "lstm", 64, false]] })]],
    hostile: [[explanation({ text: HOSTILE, seed: 19, label: "</script><b>label", other: "<img src=x onerror=alert(3)>", layers: LSTM, notes: ["<b>note</b>"] })]],
    // What somebody else wrote.
    partial: [[{ tokens: [{ text: "good" }] }], [{}]],
    empty: [[{ ...film, text: "", tokens: [], attributions: [], phrases: [], beginnings: [], layers: [], counterfactuals: { deletion: null, swap: null } }]],
  };
}
