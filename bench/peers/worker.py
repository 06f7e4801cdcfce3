"""What the Python peers share: the work asked for, the data, and the dialogue with `peers.py`.

A peer gets its job as one JSON argument and answers on stdout, one JSON line each: first
`{"ready": true, "version": ..., "first_loss": ...}`, then `{"seconds": ..., "share": ...}` for every
line that comes in on stdin. `share` is the part of the whole work that was timed.
"""

import json
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass
class Job:
    """One piece of work; the fields are those of `Work.job` in `peers.py`."""

    data: Path
    kind: str  # train, fit (5 epochs with validation), evaluate or latency
    cell: str = "lstm"  # or gru, simple_rnn
    vocabulary: int = 5000
    width: int = 15
    units: tuple = (10,)
    batch: int = 128
    steps: int = 300
    batches: int = 0  # train: time this many; 0 means the whole epoch
    threads: int = 2
    flavour: str = ""

    @property
    def rows_timed(self):
        rows = len(self.labels("train"))
        return min(rows, self.batches * self.batch) if self.batches else rows

    def rows(self, split):
        return np.fromfile(self.data / f"{split}_{self.steps}.i32", "<i4").reshape(-1, self.steps)

    def labels(self, split):
        return np.fromfile(self.data / f"{split}.u8", "u1").astype("f4")

    def short(self):
        """One review of 190 ids, unpadded."""
        return np.fromfile(self.data / "short.i32", "<i4").reshape(1, -1)

    def weights(self):
        """Arrays in Keras's layout: embeddings; kernel, recurrent, bias a layer; dense kernel, bias."""
        shapes, inputs = [(self.vocabulary, self.width)], self.width
        for h in self.units:
            shapes += [(inputs, 4 * h), (h, 4 * h), (4 * h,)]
            inputs = h
        shapes += [(inputs, 1), (1,)]
        name = f"weights_{self.vocabulary}_{self.width}_{'-'.join(map(str, self.units))}.bin"
        flat = np.fromfile(self.data / name, "<f4")
        ends = np.cumsum([int(np.prod(s)) for s in shapes])
        return [part.reshape(s) for part, s in zip(np.split(flat, ends[:-1]), shapes)]


def job():
    fields = json.loads(sys.argv[1])
    fields["data"], fields["units"] = Path(fields["data"]), tuple(fields["units"])
    return Job(**fields)


def pin_to_one_core():
    """For libraries that size their pools by the cores they may use and offer no other setting."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def timed(function):
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def latencies(function, warm=50, count=300):
    """Median seconds a call, and the 99th percentile."""
    for _ in range(warm):
        function()
    seconds = sorted(timed(function) for _ in range(count))
    return {"seconds": seconds[count // 2], "p99": seconds[int(count * 0.99)], "share": 1.0}


def serve(measure, **about):
    """Says `ready`, then runs `measure() -> dict` for each line on stdin."""
    print(json.dumps({"ready": True, **about}), flush=True)
    for _ in sys.stdin:
        print(json.dumps(measure()), flush=True)
