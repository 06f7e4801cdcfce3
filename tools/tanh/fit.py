"""Fit the rational tanh of `crates/gatewise/src/kernels/activation.rs`, and measure the kernel's.

tanh(x) ~ x P(x^2) / Q(x^2) on [-X, X], P and Q of degree 4 with P(0) free and Q(0) = 1, so that the
largest relative error is as small as possible.

In: the constants in activation.rs, to compare with. Out, on standard output: the coefficients of the
fit as float32 and its error before they are rounded; how far the kernel's constants are from them;
where the kernel's function must be held so as not to exceed 1; and the error of the kernel's function
as it is computed: float32, fused multiply-adds, one division.

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
DEGREE = 4
POINTS = 4000


def fit(bound, rounds):
    """The largest relative error, and the coefficients of P and Q, constant terms first."""
    # Points close together near the ends, where the error oscillates fastest.
    k = np.arange(POINTS)
    x = bound * np.sin(np.pi / 2 * (k + 0.5) / POINTS)
    x = x[x > 1e-4]
    f = np.tanh(x) / x
    u = (x / bound) ** 2  # In [0, 1], for the sake of the least squares.
    powers = u[:, None] ** np.arange(DEGREE + 1)

    weight = np.ones_like(x)
    q = np.ones_like(x)
    best = None
    for _ in range(rounds):
        scale = np.sqrt(weight)
        system = np.concatenate([powers, -f[:, None] * powers[:, 1:]], axis=1) / (f * q)[:, None]
        c, *_ = np.linalg.lstsq(system * scale[:, None], scale / q, rcond=1e-17)
        p_coef, q_coef = c[: DEGREE + 1], np.r_[1, c[DEGREE + 1 :]]
        p, q = powers @ p_coef, np.abs(powers @ q_coef)
        error = np.abs(p / q / f - 1)
        worst = error.max()
        if best is None or worst < best[0]:
            best = worst, p_coef, q_coef
        weight = weight * (error / worst + 1e-3)
        weight /= weight.sum()

    worst, p_coef, q_coef = best
    unscale = float(bound) ** (-2 * np.arange(DEGREE + 1))
    return worst, p_coef * unscale, q_coef * unscale


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


def evaluate(x, p_coef, q_coef):
    """The function as the kernel computes it, before x is held."""
    u = x * x
    p, q = np.full_like(x, p_coef[-1]), np.full_like(x, q_coef[-1])
    for a, b in zip(p_coef[-2::-1], q_coef[-2::-1]):
        p, q = fused_multiply_add(p, u, a), fused_multiply_add(q, u, b)
    return x * p / q


def floats(start, end):
    """Every float32 from `start` up to `end`."""
    first, last = np.array([start, end], np.float32).view(np.uint32)
    return np.arange(first, last, dtype=np.uint32).view(np.float32)


def limit(p_coef, q_coef, bound):
    """The last float32 at which the function is exactly 1 before it first exceeds 1."""
    x = floats(7, bound)
    y = evaluate(x, p_coef, q_coef)
    below = slice(int((y > 1).argmax()) if (y > 1).any() else len(x))
    return x[below][y[below] == 1][-1]


def constant(name):
    """A constant, or an array of them, out of activation.rs."""
    found = re.search(rf"^const {name}: \S+(?: 5\])? = \[?([^];]*)\]?;", KERNEL.read_text(), re.MULTILINE)
    numbers = found[1].replace("_", "").split(",")
    return np.array([float(number) for number in numbers], np.float32)


def show(name, values):
    # The shortest digits that give the same float32 back.
    print(f"  {name} = [{', '.join(str(value) for value in values)}]")


def main():
    args = argparse.ArgumentParser(description="Fit the rational tanh.")
    args.add_argument("--bound", type=float, default=9.0, help="X, end of the interval (default: 9)")
    args.add_argument("--rounds", type=int, default=3000, help="rounds of the fit (default: 3000)")
    args = args.parse_args()

    worst, *fitted = fit(args.bound, args.rounds)
    fitted = [coef.astype(np.float32) for coef in fitted]
    print(f"fit on [-{args.bound:g}, {args.bound:g}], relative error {worst:.2e} before rounding:")
    show("P", fitted[0])
    show("Q", fitted[1])

    kernel = [constant("P"), constant("Q")]
    print("kernel:")
    show("P", kernel[0])
    show("Q", kernel[1])
    apart = [abs(k.view(np.int32) - f.view(np.int32)) for k, f in zip(kernel, fitted)]
    print(f"  units in the last place from the fit: P {apart[0].tolist()}, Q {apart[1].tolist()}")

    held, found = constant("LIMIT")[0], limit(*kernel, args.bound)
    print(f"  LIMIT = {held}; last exact 1 before the function exceeds 1: {found}")

    x = np.concatenate([np.logspace(-30, -1, 500_001).astype(np.float32), floats(0.1, held)])
    truth = np.tanh(x.astype(np.float64))
    y = evaluate(x, *kernel)
    relative = np.abs(y / truth - 1)
    at = relative.argmax()
    print(f"  relative error {relative[at]:.2e}, at x = {x[at]}; absolute {np.abs(y - truth).max():.2e}")
    print(f"  largest value {y.max()}")

    if args.bound == 9.0 and (max(map(np.max, apart)) > 1 or held != found or y.max() > 1):
        sys.exit("the kernel's constants are not those of this fit")


if __name__ == "__main__":
    main()
