// Numbers and names as people read them. Input: values of an explanation. Output: text.

export const METHODS = {
  integrated_gradients: "Integrated gradients",
  gradient_times_input: "Gradient × input",
  occlusion: "Occlusion",
  contextual_decomposition: "Contextual decomposition",
  linear_model: "Linear model",
};

// Returns `forget gate` for `forget_gate`.
export function plainName(name) {
  return String(name).replaceAll("_", " ");
}

export function methodName(method) {
  return METHODS[method] ?? plainName(method);
}

export function isNumber(value) {
  return typeof value === "number" && Number.isFinite(value);
}

// Returns a number with `digits` significant decimals, a true minus sign, and no "-0.00".
export function plain(value, digits = 2) {
  if (!isNumber(value)) return "–";
  const size = Math.abs(value);
  const text = size >= 1e6 || (size > 0 && size < 10 ** -digits / 2 && digits > 2)
    ? size.toExponential(1)
    : size.toFixed(size >= 1000 ? 0 : digits);
  return (value < 0 && Number(text) !== 0 ? "−" : "") + text;
}

// Returns a number with its sign: `+0.52`, `−0.52`, `0.00`.
export function signed(value, digits = 2) {
  const text = plain(value, digits);
  return isNumber(value) && value > 0 && Number(text) !== 0 ? `+${text}` : text;
}

// Returns `62.1 %`. What is not certain is never shown as 0 % or 100 %.
export function percent(value) {
  if (!isNumber(value)) return "–";
  if (value > 0 && value < 0.0005) return "< 0.1 %";
  if (value < 1 && value >= 0.9995) return "> 99.9 %";
  return `${(value * 100).toFixed(1)} %`;
}

// Returns `one word` or `3 words`.
export function counted(count, one, many = `${one}s`) {
  return `${count} ${count === 1 ? one : many}`;
}
