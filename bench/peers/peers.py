"""Times gatewise and its peers at the same work, in turns, and writes RESULTS.md and RESULTS.json.

Every peer is a process of its own that loads, warms up and then waits; a round asks each of them once,
one after another. Only the standard library is needed here; `run` installs the rest and calls this.
"""

import argparse
import datetime
import json
import os
import platform
import re
import select
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
TICK = os.sysconf("SC_CLK_TCK")
ANSWER_WITHIN = 600  # seconds

CLASSIC = dict(width=15, units=[10], batch=128, steps=300)
WIDE = dict(CLASSIC, width=64, units=[64])

# Peers by name: the scratch folder's python (or program), the script, the flavour.
PEERS = {
    "PyTorch, denormals flushed": ("torch", "torch_peer.py", "flush"),
    "PyTorch, denormals kept": ("torch", "torch_peer.py", "plain"),
    "PyTorch, packed (another model)": ("torch", "torch_peer.py", "packed"),
    "ONNX Runtime": ("torch", "onnx_peer.py", ""),
    "Keras on JAX": ("keras", "keras_peer.py", "jax"),
    "Keras on TensorFlow": ("keras", "keras_peer.py", "tensorflow"),
    "Candle": ("rust", None, "candle"),
    "Burn (flex)": ("rust", None, "burn"),
}
GATEWISE = {"gatewise": [], "gatewise --isa avx2": ["--isa", "avx2"]}


@dataclass
class Work:
    """One row group of the table. `batches` says how much of an epoch a peer is timed at (0: all)."""

    name: str
    kind: str
    model: dict
    batches: dict
    threads: int = 2
    epochs: int = 3  # that a gatewise process trains in each round
    gatewise: tuple = ("gatewise",)
    cell: str = "lstm"  # or gru, simple_rnn

    def job(self, data, batches, flavour):
        job = dict(self.model, kind=self.kind, threads=self.threads, cell=self.cell, flavour=flavour)
        return dict(job, data=str(data), batches=batches)


def works():
    torch, plain, packed, onnx, jax, tensorflow, candle, burn = PEERS
    everyone = {torch: 40, plain: 40, packed: 10, jax: 40, tensorflow: 10, candle: 4, burn: 4}
    both = tuple(GATEWISE)
    yield Work("Classic model, training epoch, 2 threads", "train", CLASSIC, everyone, 2, 4, both)
    yield Work("Classic model, training epoch, 1 thread", "train", CLASSIC, everyone, 1, 4, both)
    yield Work("Classic model, 5 epochs with validation on 5,000 rows, 2 threads", "fit", CLASSIC, {torch: 0}, 2, 5)
    yield Work("gatewise train imdb, from start to finish, 2 threads", "cold", CLASSIC, {}, 2, 5)
    answering = {torch: 0, onnx: 0, jax: 0, tensorflow: 0}
    yield Work("Evaluate 25,000 reviews, 2 threads", "evaluate", CLASSIC, answering, 2)
    yield Work("One review of 190 ids, 1 thread", "latency", CLASSIC, answering, 1)
    larger = [
        ("LSTM(64)/Embedding(64)", WIDE, 12),
        ("LSTM(128)/Embedding(128)", dict(WIDE, width=128, units=[128]), 6),
        ("2 x LSTM(64)/Embedding(64)", dict(WIDE, units=[64, 64]), 6),
        ("Classic model, batch 32", dict(CLASSIC, batch=32), 100),
        ("Classic model, batch 512", dict(CLASSIC, batch=512), 10),
        ("Classic model, T = 1000", dict(CLASSIC, steps=1000), 12),
    ]
    for name, model, batches in larger:
        epochs = 1 if model["width"] > 15 else 2
        yield Work(f"{name}, training epoch, 2 threads", "train", model, {torch: batches}, 2, epochs)
    for name, cell in [("GRU(64)/Embedding(64)", "gru"), ("SimpleRNN(64)/Embedding(64)", "simple_rnn")]:
        yield Work(f"{name}, training epoch, 2 threads", "train", WIDE, {torch: 12}, 2, 1, cell=cell)


def busy_seconds():
    """CPU seconds all processes together have used, from /proc/stat (user, nice, system, irqs)."""
    numbers = [int(n) for n in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]]
    return (sum(numbers[:3]) + sum(numbers[5:7])) / TICK


@dataclass
class Sample:
    seconds: float  # for the whole work
    share: float  # of it that was timed
    others: float = 0.0  # cores that other processes kept busy meanwhile
    extra: dict = field(default_factory=dict)


class Failed(Exception):
    pass


class Peer:
    """A peer's process. `about` is what it said when it was ready."""

    def __init__(self, scratch, name, work, data, batches):
        home, script, flavour = PEERS[name]
        reason = scratch / "failed" / home
        if reason.exists():
            raise Failed(f"could not be installed: {reason.read_text().strip()}")
        job = json.dumps(work.job(data, batches, flavour))
        if script:
            command = [str(scratch / home / "bin/python"), str(HERE / script), job]
        else:
            command = [str(scratch / home / "release/peers"), job]
        threads = str(work.threads)
        env = dict(os.environ, OMP_NUM_THREADS=threads, MKL_NUM_THREADS=threads, RAYON_NUM_THREADS=threads)
        self.log = open(scratch / "stderr.log", "w+")
        self.process = subprocess.Popen(
            command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log
        )
        try:
            self.about = self.answer()
        except Failed:
            self.close()
            raise

    def answer(self):
        ready, _, _ = select.select([self.process.stdout], [], [], ANSWER_WITHIN)
        if not ready:
            raise Failed(f"no answer within {ANSWER_WITHIN} s")
        line = self.process.stdout.readline()
        if not line:
            self.log.seek(0)
            lines = [line for line in self.log.read().splitlines() if line.strip()]
            raise Failed(lines[-1][:200] if lines else "ended without a word")
        return json.loads(line)

    def cpu_seconds(self):
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def peak_mb(self):
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024

    def sample(self):
        start, busy, own = time.monotonic(), busy_seconds(), self.cpu_seconds()
        self.process.stdin.write(b"go\n")
        self.process.stdin.flush()
        said = self.answer()
        wall = time.monotonic() - start
        others = max(0.0, (busy_seconds() - busy - (self.cpu_seconds() - own)) / wall)
        return Sample(said.pop("seconds"), said.pop("share"), others, dict(said, peak_mb=self.peak_mb()))

    def close(self):
        self.process.kill()
        self.process.wait()
        self.log.close()


class Gatewise:
    """gatewise through its command line; a process a sample."""

    def __init__(self, program, scratch, work, flags):
        self.program, self.work, self.flags = program, work, flags
        self.model = scratch / "bench.gatewise"
        self.about = {"version": subprocess.check_output([program, "--version"], text=True).strip()}
        if work.kind != "train":
            self.call(*self.training(1))

    def training(self, epochs):
        model = self.work.model
        data = "imdb" if self.work.kind == "cold" else "keras-imdb"
        return [
            *["train", data, "--verbose", "0", "--no-baseline", "--epochs", epochs],
            *["--embedding", model["width"], "--units", ",".join(map(str, model["units"]))],
            *["--batch-size", model["batch"], "--maxlen", model["steps"], "--output", self.model],
            *([] if self.work.cell == "lstm" else ["--cell", self.work.cell]),
        ]

    def call(self, *arguments):
        """What the command prints as JSON, its CPU seconds and its peak memory in MB."""
        command = [self.program, *map(str, arguments), "--threads", str(self.work.threads), "--format", "json"]
        with subprocess.Popen(
            [*command, *self.flags], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            said, errors = process.stdout.read(), process.stderr.read()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise Failed((errors.strip().splitlines() or ["failed"])[0][:200])
        return json.loads(said), usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024

    def sample(self):
        start, busy = time.monotonic(), busy_seconds()
        if self.work.kind == "train":
            said, own, peak = self.call(*self.training(self.work.epochs))
            seconds = statistics.median(epoch["seconds"] for epoch in said["history"]["epochs"])
        elif self.work.kind == "fit":
            said, own, peak = self.call(*self.training(self.work.epochs))
            seconds = said["fit_seconds"]
        elif self.work.kind == "cold":
            # A process from nothing to the saved model and its test results; the call in `__init__` has
            # left the tokens in the cache.
            began = time.monotonic()
            said, own, peak = self.call(*self.training(self.work.epochs))
            seconds = time.monotonic() - began
        elif self.work.kind == "evaluate":
            said, own, peak = self.call("evaluate", self.model, "keras-imdb")
            seconds = said["evaluate_seconds"]
        else:
            said, own, peak = self.call("bench", self.model)
            seconds = said["latency_us_ids"]["median"] / 1e6
        others = max(0.0, (busy_seconds() - busy - own) / (time.monotonic() - start))
        return Sample(seconds, 1.0, others, {"peak_mb": peak, "isa": said.get("isa")})

    def close(self):
        pass


def wait_for_quiet(patience):
    """Waits until other processes use less than half a core, at most `patience` seconds."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        busy = busy_seconds()
        time.sleep(0.5)
        if (busy_seconds() - busy) / 0.5 < 0.5:
            return


def measure(work, options):
    """All rounds of one work; by name: version, samples, or why there are none."""
    out, running = {}, {}

    def start(name, make):
        if not re.search(options.peers, name):
            return
        try:
            running[name] = make()
            out[name] = {"about": running[name].about, "samples": []}
        except (Failed, OSError) as failure:
            out[name] = {"failed": str(failure)}
            print(f"    {name}: {failure}", flush=True)

    for name in work.gatewise:
        start(name, lambda: Gatewise(options.gatewise, options.scratch, work, GATEWISE[name]))
    for name, batches in work.batches.items():
        if options.quick:
            batches = -(-batches // 2)
        start(name, lambda: Peer(options.scratch, name, work, options.scratch / "data", batches))
    for _ in range(options.rounds):
        for name in list(running):
            wait_for_quiet(options.patience)
            try:
                sample = running[name].sample()
            except Failed as failure:
                out[name] = {"failed": str(failure)}
                running.pop(name).close()
                print(f"    {name}: {failure}", flush=True)
                continue
            out[name]["samples"].append(vars(sample))
            print(f"    {name}: {show(sample.seconds)}", flush=True)
    for peer in running.values():
        peer.close()
    losses = [o["about"]["first_loss"] for o in out.values() if "first_loss" in o.get("about", {})]
    if losses and max(losses) - min(losses) > 1e-4:
        print(f"    the peers' first losses differ: {losses}; they are not at the same work", file=sys.stderr)
    return {
        "kind": work.kind,
        "threads": work.threads,
        "model": work.model,
        "date": datetime.date.today().isoformat(),
        "rounds": options.rounds,
        "commit": options.commit,
        "systems": out,
    }


def show(seconds):
    return f"{seconds * 1e6:.0f} µs" if seconds < 1e-3 else f"{seconds:.3f} s" if seconds < 1 else f"{seconds:.2f} s"


def tables(results):
    """The Markdown tables, one a work."""
    for name, work in results["works"].items():
        yield f"\n## {name}\n\nMeasured {work['date']} at commit {work['commit']}, {work['rounds']} rounds.\n"
        yield "| system | median | best | ratio of medians to gatewise | timed | others' load, cores | peak MB |"
        yield "|---|---:|---:|---:|---:|---:|---:|"
        median = {
            system: statistics.median(s["seconds"] for s in got["samples"])
            for system, got in work["systems"].items()
            if got.get("samples")
        }
        for system, got in work["systems"].items():
            if system not in median:
                yield f"| {system} | – | – | – | – | – | – |"
                continue
            samples = got["samples"]
            ratio = f"{median[system] / median['gatewise']:.1f}" if "gatewise" in median else "–"
            others = statistics.median(s["others"] for s in samples)
            peak = max(s["extra"]["peak_mb"] for s in samples)
            yield (
                f"| {system} | {show(median[system])} | {show(min(s['seconds'] for s in samples))} | {ratio} "
                f"| {samples[0]['share']:.0%} | {others:.1f} | {peak:.0f} |"
            )
        for system, got in work["systems"].items():
            if "failed" in got:
                yield f"\n{system}: no figure. {got['failed']}"


def report(results):
    machine = results["machine"]
    versions = {
        system: got["about"]["version"]
        for work in results["works"].values()
        for system, got in work["systems"].items()
        if "about" in got
    }
    busy = max(
        (s["others"] for w in results["works"].values() for g in w["systems"].values() for s in g.get("samples", [])),
        default=0,
    )
    lines = [
        "# gatewise and its peers\n",
        "Made by `bench/peers/run`; what is equal and what is not stands in [README.md](README.md). "
        "Medians over the rounds; \"timed\" is the share of the work that was measured and scaled up.\n",
        f"- {machine['cpu']}, {machine['cores']} cores ({machine['isa']}), {machine['system']}",
        *[f"- {system}: {version}" for system, version in versions.items()],
    ]
    if busy > 0.3:
        lines.append(
            f"\n**The machine was not idle: other processes used up to {busy:.1f} cores.** Frameworks that "
            "wait actively for their threads lose far more by it than their work takes, so believe the "
            "2-thread rows only where the others' load is near 0, and the 1-thread rows more than these."
        )
    return "\n".join([*lines, *tables(results), ""])


def machine():
    info = Path("/proc/cpuinfo").read_text()
    flags = re.search(r"^flags\s*: (.*)", info, re.M)
    flags = set(flags[1].split()) if flags else set()
    return {
        "cpu": (re.search(r"^model name\s*: (.*)", info, re.M) or ["", platform.machine()])[1],
        "cores": len(os.sched_getaffinity(0)),
        "isa": ", ".join(f for f in ("avx2", "fma", "avx512f", "avx512_vnni", "avx512_bf16") if f in flags),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--scratch", type=Path, required=True, help="where `run` installed the peers")
    parser.add_argument("--gatewise", required=True, help="the release program")
    parser.add_argument("--quick", action="store_true", help="3 rounds of half the batches")
    parser.add_argument("--rounds", type=int, help="default 5, or 3 with --quick")
    parser.add_argument("--patience", type=float, default=0, help="seconds to wait for a quiet machine, a sample")
    parser.add_argument("--only", default="", help="regular expression on the names of works")
    parser.add_argument("--peers", default="", help="regular expression on the names of systems")
    parser.add_argument("--keep", action="store_true", help="keep the works of RESULTS.json that are not run now")
    parser.add_argument("--out", type=Path, default=HERE, help="folder of RESULTS.md and RESULTS.json")
    options = parser.parse_args()
    options.rounds = options.rounds or (3 if options.quick else 5)

    commit = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=HERE, capture_output=True, text=True)
    options.commit = commit.stdout.strip() or "unknown"
    file = options.out / "RESULTS.json"
    works_so_far = json.loads(file.read_text())["works"] if options.keep and file.exists() else {}
    results = {
        "machine": machine(),
        "works": works_so_far,
    }
    for work in works():
        if not re.search(options.only, work.name):
            continue
        print(work.name, flush=True)
        results["works"][work.name] = measure(work, options)
        file.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")
        (options.out / "RESULTS.md").write_text(report(results))
    print(f"written: {options.out / 'RESULTS.md'}")


if __name__ == "__main__":
    main()
