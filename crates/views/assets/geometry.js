// The axis that the timeline and the gates share: one column for each token. Input: a width and a number of tokens.
// Output: places.

export function axis(width, count, left = 44, right = 16) {
  const step = Math.max(0, width - left - right) / Math.max(1, count);
  return {
    left,
    step,
    end: left + step * count,
    x: (token) => left + (token + 0.5) * step,
    token: (x) => Math.min(count - 1, Math.max(0, Math.floor((x - left) / step))),
  };
}

// Returns round numbers between two values, about `count` of them.
export function ticks(low, high, count = 4) {
  const raw = (high - low) / count;
  if (!(raw > 0)) return [low];
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= raw);
  const first = Math.ceil(low / step - 1e-9);
  return Array.from({ length: Math.floor(high / step + 1e-9) - first + 1 }, (_, i) => (first + i) * step);
}

// Returns the points of a line as SVG's path, in pieces where values are missing.
export function line(values, x, y) {
  let pen = "M";
  return values.map((value, i) => {
    if (value == null || !Number.isFinite(value)) { pen = "M"; return ""; }
    const point = `${pen}${x(i).toFixed(1)} ${y(value).toFixed(1)}`;
    pen = "L";
    return point;
  }).join("");
}

// Returns a colour between two colours, as three numbers.
export function mix(from, to, share) {
  return from.map((value, i) => Math.round(value + (to[i] - value) * share));
}
