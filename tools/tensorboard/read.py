"""Compares event files, as TensorBoard's own reader reads them, with the CSV log of the same run.

Run as: read.py LOGDIR CSV. Every figure of the CSV must be there, at its epoch, and no other.
"""

import csv
import struct
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator


def single(number):
    """As the 32-bit float that event files hold."""
    return struct.unpack("f", struct.pack("f", number))[0]


def wanted(path):
    found = {"train": {}, "validation": {}}
    with open(path, newline="") as file:
        for row in csv.DictReader(file):
            epoch = int(row.pop("epoch"))
            for name, text in row.items():
                if text != "NA":
                    run = "validation" if name.startswith("val_") else "train"
                    tag = "epoch_" + name.removeprefix("val_")
                    found[run].setdefault(tag, []).append((epoch, single(float(text))))
    return found


def read(folder):
    events = EventAccumulator(folder)
    events.Reload()
    scalars = {tag: [(e.step, e.value) for e in events.Scalars(tag)] for tag in events.Tags()["scalars"]}
    # The reader keeps summaries of TensorFlow 2 as tensors.
    for tag in events.Tags()["tensors"]:
        scalars[tag] = [(e.step, e.tensor_proto.float_val[0]) for e in events.Tensors(tag)]
    return scalars


def main():
    logs, log = sys.argv[1:]
    for run, scalars in wanted(log).items():
        found = read(f"{logs}/{run}")
        if found != scalars:
            sys.exit(f"{run}: TensorBoard reads {found}, but the log has {scalars}")
        print(f"{run}: {sum(map(len, scalars.values()))} figures under {', '.join(scalars)}")


if __name__ == "__main__":
    main()
