"""How gatewise's epoch time grows with T, H, B, V and threads; writes GROWTH.md and, with matplotlib,
GROWTH.svg.

One process a point, the classic model but for the one number that varies, medians of the epochs. The
exponent is the slope of log(seconds) over log(number), by least squares, over all points and over the
last half of them, where constant costs weigh less.
"""

import argparse
import json
import math
import resource
import statistics
import subprocess
import time
from pathlib import Path

from peers import busy_seconds, machine, show

HERE = Path(__file__).resolve().parent
SWEEPS = {
    "T (--maxlen)": ("--maxlen", [100, 200, 300, 500, 700, 1000]),
    "H (--units)": ("--units", [4, 8, 10, 16, 32, 64, 128]),
    "B (--batch-size)": ("--batch-size", [32, 64, 128, 256, 512]),
    "V (--max-words)": ("--max-words", [1000, 2000, 5000, 10000, 20000]),
    "threads (--threads)": ("--threads", [1, 2]),
}


def epoch_seconds(gatewise, scratch, epochs, flags):
    command = [gatewise, "train", "keras-imdb", "--verbose", "0", "--no-baseline", "--format", "json"]
    command += ["--epochs", str(epochs), "--output", str(scratch / "growth.gatewise"), *flags]
    said = subprocess.run(command, capture_output=True, text=True)
    if said.returncode:
        raise SystemExit(said.stderr)
    return statistics.median(epoch["seconds"] for epoch in json.loads(said.stdout)["history"]["epochs"])


def slope(points):
    """Least squares through (log x, log y); None for fewer than two points."""
    if len(points) < 2:
        return None
    xs, ys = zip(*((math.log(x), math.log(y)) for x, y in points))
    x, y = statistics.mean(xs), statistics.mean(ys)
    return sum((a - x) * (b - y) for a, b in zip(xs, ys)) / sum((a - x) ** 2 for a in xs)


def plot(sweeps, file):
    try:
        import matplotlib

        matplotlib.use("svg")
        from matplotlib import pyplot
    except ImportError:
        return False
    matplotlib.rcParams["svg.hashsalt"] = "gatewise"
    # One scale of seconds, so that slopes can be compared.
    figure, axes = pyplot.subplots(1, len(sweeps), figsize=(3 * len(sweeps), 3), sharey=True, layout="constrained")
    for axis, (name, points) in zip(axes, sweeps.items()):
        xs, ys = zip(*points)
        axis.loglog(xs, ys, "o-")
        axis.set_xticks(xs, [str(x) for x in xs], fontsize=7, rotation=60)
        axis.minorticks_off()
        axis.set_xlabel(f"{name.split()[0]}, exponent {slope(points):.2f}")
        axis.grid(alpha=0.3)
    axes[0].set_ylabel("seconds an epoch")
    figure.savefig(file, metadata={"Date": None})
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--gatewise", required=True)
    parser.add_argument("--scratch", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--threads", type=int, default=2, help="for all sweeps but that of threads")
    parser.add_argument("--out", type=Path, default=HERE)
    options = parser.parse_args()

    sweeps, busy, start = {}, busy_seconds(), time.monotonic()
    for name, (flag, values) in SWEEPS.items():
        sweeps[name] = []
        for value in values:
            flags = [flag, str(value)]
            if flag != "--threads":
                flags += ["--threads", str(options.threads)]
            seconds = epoch_seconds(options.gatewise, options.scratch, options.epochs, flags)
            sweeps[name].append((value, seconds))
            print(f"{name} = {value}: {show(seconds)}", flush=True)

    own = resource.getrusage(resource.RUSAGE_CHILDREN)
    own = own.ru_utime + own.ru_stime
    others = max(0.0, (busy_seconds() - busy - own) / (time.monotonic() - start))
    about = machine()
    lines = [
        "# How epoch time grows\n",
        "Made by `bench/peers/growth.py`. 20,000 reviews; V = 5000, E = 15, H = 10, B = 128, T = 300 and "
        f"{options.threads} threads but for the number that varies; median of {options.epochs} epochs.\n",
        f"{about['cpu']}, {about['cores']} cores ({about['isa']}); other processes used "
        f"{others:.1f} cores meanwhile.",
    ]
    for name, points in sweeps.items():
        late = points[len(points) // 2 :]
        exponents = f"Exponent {slope(points):.2f}"
        if len(late) > 1 and len(points) > 2:
            exponents += f"; from {late[0][0]} on {slope(late):.2f}"
        lines += [
            f"\n## {name}\n",
            "| | " + " | ".join(str(x) for x, _ in points) + " |",
            "|---" * (len(points) + 1) + "|",
            "| an epoch | " + " | ".join(show(y) for _, y in points) + " |",
            f"\n{exponents}.",
        ]
    if plot(sweeps, options.out / "GROWTH.svg"):
        lines.insert(2, "![log-log plots](GROWTH.svg)\n")
    (options.out / "GROWTH.md").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
