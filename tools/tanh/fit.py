"""Fit the constants of `crates/gatewise/src/kernels/activation.rs`, and measure what the kernel makes
of them.

* tanh(x) ~ x P(x^2) / Q(x^2) on [-9, 9], P and Q of degree 4 with P(0) free and Q(0) = 1;
* 2^x on [-1/2, 1/2], a polynomial of degree 5, for the sigmoid;

each so that the largest relative error is as small as possible.

In: the constants in activation.rs, to compare with. Out, on standard output: the coefficients of the
fits as float32 and the errors before they are rounded; how far the kernel's constants are from them;
where the kernel's tanh must be held so as not to exceed 1; and the errors of the kernel's functions
as they are computed: float32, fused multiply-adds, one division.

Two iterations in one loop:

* Sanathanan and Koerner: P/Q - f is not linear in the coefficients, but (P - f Q) / (f q) is, and it
  is the relative error once q, the Q of the round before, has settled.
* Lawson: least squares becomes minimax when each point's weight is multiplied by its error, round
  after round.
"""

import argparse
import re
import sys
from pathlib import Path

import numpy as np

KERNEL = Path(__file__).resolve().parents[2] / "crates/gatewise/src/kernels/activation.rs"
BOUND = 9.0
POINTS = 4000


def fit(points, values, degrees, rounds):
    """The largest relative error of P/Q as `values` at `points` (in [-1, 1]), and the coefficients of P
    and Q, constant terms first."""
    f, (m, n) = values, degrees
    powers = points[:, None] ** np.arange(max(degrees) + 1)
    top, bottom = powers[:, : m + 1], powers[:, : n + 1]

    weight = np.ones_like(f)
    q = np.ones_like(f)
    best = None
    for _ in range(rounds):
        scale = np.sqrt(weight)
        system = np.concatenate([top, -f[:, None] * bottom[:, 1:]], axis=1) / (f * q)[:, None]
        c, *_ = np.linalg.lstsq(system * scale[:, None], scale / q, rcond=1e-17)
        p_coef, q_coef = c[: m + 1], np.r_[1, c[m + 1 :]]
        p, q = top @ p_coef, np.abs(bottom @ q_coef)
        error = np.abs(p / q / f - 1)
        worst = error.max()
        if best is None or worst < best[0]:
            best = worst, p_coef, q_coef
        weight = weight * (error / worst + 1e-3)
        weight /= weight.sum()
    return best


def fit_tanh(bound, rounds):
    """P and Q of tanh(x) ~ x P(x^2) / Q(x^2) on [-bound, bound]."""
    # Points close together near the end, where the error oscillates fastest.
    x = bound * np.sin(np.pi / 2 * (np.arange(POINTS) + 0.5) / POINTS)
    x = x[x > 1e-4]
    # In [0, 1], for the sake of the least squares.
    worst, p_coef, q_coef = fit((x / bound) ** 2, np.tanh(x) / x, (4, 4), rounds)
    unscale = float(bound) ** (-2 * np.arange(5))
    return worst, p_coef * unscale, q_coef * unscale


def fit_exp2(rounds):
    """The polynomial of 2^x on [-1/2, 1/2]."""
    x = np.cos(np.pi * (np.arange(POINTS) + 0.5) / POINTS)
    worst, coef, _ = fit(x, 2 ** (x / 2), (5, 0), rounds)
    return worst, coef * 2.0 ** np.arange(6)


def fused_multiply_add(a, b, c):
    """a * b + c in float32, rounded once: the sum is rounded to odd in float64 first (Boldo and
    Melquiond 2008)."""
    product, c = a.astype(np.float64) * b, np.float64(c)
    total = product + c
    t = total - product
    error = (product - (total - t)) + (c - t)
    bits = total.view(np.int64)
    towards = np.where((error > 0) == (total > 0), 1, -1)
    odd = np.where((error != 0) & (bits % 2 == 0), bits + towards, bits)
    return odd.view(np.float64).astype(np.float32)


def horner(coef, u):
    p = np.full_like(u, coef[-1])
    for a in coef[-2::-1]:
        p = fused_multiply_add(p, u, a)
    return p


def kernel_tanh(x, p_coef, q_coef):
    """tanh as the kernel computes it, before x is held."""
    u = x * x
    return x * horner(p_coef, u) / horner(q_coef, u)


def kernel_sigmoid(x, coef):
    """The sigmoid as the kernel computes it, x already a float32."""
    t = np.clip(x * np.float32(-np.log2(np.e)), np.float32(-126), np.float32(126))
    whole = np.rint(t)
    power = np.exp2(whole).astype(np.float32)
    return np.float32(1) / fused_multiply_add(horner(coef, t - whole), power, np.float32(1))


def floats(start, end):
    """Every float32 from `start` up to `end`."""
    first, last = np.array([start, end], np.float32).view(np.uint32)
    return np.arange(first, last, dtype=np.uint32).view(np.float32)


def limit(p_coef, q_coef):
    """The last float32 at which the kernel's tanh is exactly 1 before it first exceeds 1."""
    x = floats(7, BOUND)
    y = kernel_tanh(x, p_coef, q_coef)
    below = slice(int((y > 1).argmax()) if (y > 1).any() else len(x))
    return x[below][y[below] == 1][-1]


def constant(name):
    """A constant, or an array of them, out of activation.rs."""
    found = re.search(rf"^const {name}: [^=]*=\s*\[?([^];]*)\]?;", KERNEL.read_text(), re.MULTILINE)
    numbers = found[1].replace("_", "").split(",")
    return np.array([float(number) for number in numbers], np.float32)


def compare(name, fitted):
    """Prints the fit and the kernel's constants; returns these and how far apart they are, at most."""
    fitted, kernel = fitted.astype(np.float32), constant(name)
    for who, values in [("fit   ", fitted), ("kernel", kernel)]:
        # The shortest digits that give the same float32 back.
        print(f"  {who} {name} = [{', '.join(str(value) for value in values)}]")
    apart = np.abs(kernel.view(np.int32) - fitted.view(np.int32))
    print(f"  units in the last place apart: {apart.tolist()}")
    return kernel, apart.max()


def main():
    args = argparse.ArgumentParser(description="Fit the constants of activation.rs.")
    args.add_argument("--rounds", type=int, default=3000, help="rounds of each fit (default: 3000)")
    rounds = args.parse_args().rounds

    worst, p_coef, q_coef = fit_tanh(BOUND, rounds)
    print(f"tanh, relative error {worst:.2e} before rounding:")
    (p_coef, p_apart), (q_coef, q_apart) = compare("P", p_coef), compare("Q", q_coef)
    held, found = constant("LIMIT")[0], limit(p_coef, q_coef)
    print(f"  LIMIT = {held}; the last exact 1 before the function exceeds 1: {found}")
    x = np.concatenate([np.logspace(-30, -1, 500_001).astype(np.float32), floats(0.1, held)])
    y, truth = kernel_tanh(x, p_coef, q_coef), np.tanh(x.astype(np.float64))
    relative = np.abs(y / truth - 1)
    print(f"  in float32: relative error {relative.max():.2e}, at {x[relative.argmax()]}; largest value {y.max()}")

    worst, coef = fit_exp2(rounds)
    print(f"2^x, relative error {worst:.2e} before rounding:")
    coef, apart = compare("EXP2", coef)
    x = np.linspace(-30, 30, 2_000_001).astype(np.float32)
    y, truth = kernel_sigmoid(x, coef), 1 / (1 + np.exp(-x.astype(np.float64)))
    relative, absolute = np.abs(y / truth - 1), np.abs(y - truth)
    print(f"  sigmoid in float32, |x| < 30: absolute error {absolute.max():.2e}, relative {relative.max():.2e}")

    if max(p_apart, q_apart, apart) > 1 or held != found:
        sys.exit("the kernel's constants are not those of this fit")


if __name__ == "__main__":
    main()
