"""The cases of `text.json`: words, ids, padding, the IMDB loader and the clipped loss, as Keras has
them. `make.py` sets the environment, imports this, and writes what `text_cases` returns.
"""

import gc
import hashlib
import os
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from keras.src.datasets import imdb
from keras.src.legacy.preprocessing import text as legacy

# ---------------------------------------------------------------------------------------------
# Tokenizer
# ---------------------------------------------------------------------------------------------

FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'

TRICKY_TEXTS = [
    "This movie was GREAT!<br /><br />I'd see it again.",
    "Don't can't 'quoted' o'clock \u2019curly\u2019 it's",
    "",
    "!!! ... ???",
    " \t\n ",
    FILTERS,
    f"a{FILTERS}b",
    "tab\there\r\nnext line\rold mac\n",
    "no\u00a0break\u2003em space\u3000ideographic\u200bzero",
    "\u0130stanbul I\u0131 \u0130",
    "\u039f\u0394\u039f\u03a3 \u03a3 \u03a3\u0391\u03a3 \u039f\u0394\u039f\u03a3. A\u03a3' A\u03a3\u0391",
    "Stra\u00dfe STRASSE \u1e9e GRO\u1e9e",
    "10/10 3.14 -7 1,000 \u0663\u0664 \u00bd x2",
    "na\u00efve Cafe\u0301 CAF\u00c9 \u00c5ngstr\u00f6m \u212b \u01c5 \ufb01n",
    "\u4f60\u597d\u4e16\u754c \u3053\u3093\u306b\u3061\u306f\u3002 \U0001f600Smile\U0001f600 \U00010400",
    "em\u2014dash en\u2013dash \u201cquotes\u201d \u2026ellipsis \u00a1Hola! \u00bfQu\u00e9?",
    "\ufeffbom nul\x00in vt\x0bff\x0cus\x1fnel\x85ls\u2028",
    "snake_case kebab-case e-mail@example.org http://a.b/c?d=e&f#g",
    "  many   spaces  ",
]

FIT_TEXTS = [
    "The cat sat on the mat.",
    "The dog ate my homework, the DOG did!",
    "A cat and a dog; on a mat",
    "",
    "unk unk cat <unk>",
]
ASK_TEXTS = ["the zebra sat on a dog", "unk", "", "nothing known here", "THE CAT!<br />mat zebra"]

TOKENIZERS = [
    {},
    {"num_words": 5},
    {"num_words": 1},
    {"oov_token": "<OOV>"},
    {"num_words": 5, "oov_token": "<OOV>"},
    {"num_words": 1, "oov_token": "<OOV>"},
    {"num_words": 1000, "oov_token": "<OOV>"},
    # An out-of-vocabulary token that is also a word of the texts.
    {"num_words": 6, "oov_token": "unk"},
]


def word_cases():
    return [{"text": t, "words": legacy.text_to_word_sequence(t)} for t in TRICKY_TEXTS]


def tokenizer_cases():
    cases = []
    for arguments in TOKENIZERS:
        for name, texts in [("fit", FIT_TEXTS), ("tricky", TRICKY_TEXTS)]:
            if name == "tricky" and arguments:
                continue
            tokenizer = legacy.Tokenizer(**arguments)
            tokenizer.fit_on_texts(texts)
            ask = ASK_TEXTS if name == "fit" else TRICKY_TEXTS
            cases.append({
                "arguments": arguments,
                "fit_on": texts,
                "word_counts": list(tokenizer.word_counts.items()),
                "word_index": sorted(tokenizer.word_index.items(), key=lambda wi: wi[1]),
                "texts": ask,
                "sequences": tokenizer.texts_to_sequences(ask),
            })  # fmt: skip
    return cases


# ---------------------------------------------------------------------------------------------
# pad_sequences
# ---------------------------------------------------------------------------------------------


def pad_cases():
    """Every mix of side, length and value, int32. `error` instead of `result` where Keras raises."""
    rows = {
        "ragged": [[1, 2, 3, 4, 5], [], [6], [7, 8, 9]],
        "equal": [[1, 2], [3, 4]],
        "all_empty": [[], []],
        "none": [],
    }
    sides = ("pre", "post")
    tries = [
        (sequences, {"maxlen": maxlen, "padding": padding, "truncating": truncating})
        for sequences in rows.values()
        for maxlen in (None, 1, 3, 5, 7)
        for padding in sides
        for truncating in sides
    ]
    for value in (9, -1, -1.0, 0.9, 7.9, -1.9):
        for side in sides:
            tries.append((rows["ragged"], {"maxlen": 4, "padding": side, "value": value}))
    tries += [(rows["ragged"], {}), (rows["ragged"], {"maxlen": 0}), (rows["all_empty"], {"maxlen": 0})]
    cases = []
    for sequences, arguments in tries:
        one = {"sequences": sequences, "arguments": arguments}
        try:
            result = keras.utils.pad_sequences(sequences, **arguments)
            one.update(result=result.tolist(), shape=list(result.shape))
        except ValueError:
            one["error"] = "ValueError"
        cases.append(one)
    return cases


# ---------------------------------------------------------------------------------------------
# imdb.load_data
# ---------------------------------------------------------------------------------------------

IMDB_ARGUMENTS = [
    {},
    {"num_words": 5000},
    {"num_words": 1000, "skip_top": 20},
    {"num_words": 5000, "maxlen": 100},
    {"seed": 7},
    {"start_char": None},
    {"start_char": None, "index_from": 0},
    {"num_words": 2000, "skip_top": 5, "oov_char": None},
    {"index_from": 0},
    {"index_from": 10},
]

SMALL_IMDB_ARGUMENTS = [
    {},
    {"num_words": 50},
    {"num_words": 50, "skip_top": 5},
    {"num_words": 50, "maxlen": 12},
    {"seed": 7},
    {"start_char": None},
    {"start_char": None, "index_from": 0},
    {"num_words": 40, "skip_top": 5, "oov_char": None},
    {"index_from": 0},
    {"index_from": 10},
]


def find_imdb(data):
    """`imdb.npz` in `data`, else in $GATEWISE_DATA; directly or in a folder `keras`."""
    places = [Path(p) for p in (data, os.environ.get("GATEWISE_DATA")) if p]
    for place in places:
        for path in (place / "imdb.npz", place / "keras" / "imdb.npz"):
            if path.is_file():
                return path
    raise SystemExit(
        "make.py: imdb.npz was not found: give its folder with --data or $GATEWISE_DATA, "
        "or leave the text part out with --only models --only adam --only summary"
    )


def imdb_case(arguments):
    (train, train_labels), (test, test_labels) = imdb.load_data(**arguments)
    digest = hashlib.sha256()
    total = count = 0
    for row in [*train, *test]:
        ids = np.array(row, dtype="<u4")
        digest.update(np.array([len(ids)], dtype="<u4").tobytes() + ids.tobytes())
        total += int(ids.sum(dtype=np.uint64))
        count += len(ids)
    labels = np.concatenate([train_labels, test_labels]).astype(np.uint8)
    return {
        "arguments": arguments,
        "train_rows": len(train),
        "test_rows": len(test),
        "id_sum": total,
        "id_count": count,
        "first_labels": [int(label) for label in train_labels[:5]],
        "first_train_ids": [int(i) for i in train[0][:12]],
        "last_test_ids": [int(i) for i in test[-1][:12]],
        "ids_sha256": digest.hexdigest(),
        "labels_sha256": hashlib.sha256(labels.tobytes()).hexdigest(),
    }


def imdb_cases(path, tries):
    """What `load_data` makes of the file at `path`, and whether that is the file Keras publishes."""
    checksum = hashlib.sha256(path.read_bytes()).hexdigest()
    asked = set()

    def local_file(fname, origin, file_hash):
        """Stands in for Keras's download. The checksum it asks for is recorded, not enforced."""
        asked.add(file_hash)
        return str(path)

    download, imdb.get_file = imdb.get_file, local_file
    cases = []
    for arguments in tries:
        cases.append(imdb_case(arguments))
        print(f"  imdb {arguments}: {cases[-1]['train_rows']} + {cases[-1]['test_rows']} rows")
        gc.collect()
    imdb.get_file = download
    (published,) = asked
    if checksum != published:
        print(f"  note: {path.name} is NOT the file that Keras publishes (the cases say so)")
    return {
        "file_sha256": checksum,
        "published_by_keras_sha256": published,
        "is_published_file": checksum == published,
        "cases": cases,
    }


def write_small_imdb(path):
    """A file of the same form, small enough to keep here: 23 + 19 rows of made-up ids."""
    rng = np.random.default_rng(23)
    arrays = {}
    for part, rows in (("train", 23), ("test", 19)):
        x = np.empty(rows, dtype=object)
        for i, length in enumerate(rng.integers(1, 30, rows)):
            x[i] = (rng.zipf(1.3, length).clip(1, 200)).tolist()
        arrays[f"x_{part}"] = x
        arrays[f"y_{part}"] = rng.integers(0, 2, rows)
    np.savez_compressed(path, **arrays)


# ---------------------------------------------------------------------------------------------
# Binary cross-entropy
# ---------------------------------------------------------------------------------------------


def bce_cases():
    """Loss a sample: of bare probabilities (clipped), and of a sigmoid's own output (never clipped)."""
    probabilities = [0.0, 1e-9, 5e-8, 1e-7, 2e-7, 1e-3, 0.1, 0.25, 0.5, 0.75, 0.9, 0.999]
    probabilities += [0.9999998, 0.9999999, 0.99999995, 1.0]
    pairs = [(p, y) for p in probabilities for y in (0.0, 1.0)] + [(0.3, 0.25), (1.0, 0.5)]
    logits = [-1000.0, -100.0, -20.0, -16.0, -3.0, -0.5, 0.0, 0.5, 3.0, 16.0, 20.0, 100.0, 1000.0]
    logit_pairs = [(z, y) for z in logits for y in (0.0, 1.0)]

    def losses(pairs, dtype, of):
        x, labels = np.array(pairs, dtype=dtype).T[:, :, None]
        loss = keras.losses.binary_crossentropy(labels, of(tf.constant(x)))
        assert loss.dtype == dtype
        return [float(v) for v in loss.numpy()]

    result = {}
    for key, name, pairs, of in [
        ("of_probabilities", "probability", pairs, lambda p: p),
        # As `fit` and `evaluate` report it: Keras finds the logits behind a sigmoid and uses them.
        ("of_sigmoid_output", "logit", logit_pairs, keras.activations.sigmoid),
    ]:
        in64, in32 = (losses(pairs, dtype, of) for dtype in ("float64", "float32"))
        result[key] = [
            {name: x, "label": y, "loss_float64": a, "loss_float32": b}
            for (x, y), a, b in zip(pairs, in64, in32)
        ]
    return result


def text_cases(data, out):
    """Every section of `text.json`; the small data file goes to `out`."""
    whole = find_imdb(data)
    small = out / "imdb_small.npz"
    write_small_imdb(small)
    return {
        "text_to_word_sequence": word_cases(),
        "tokenizer": tokenizer_cases(),
        "pad_sequences": pad_cases(),
        "bce": bce_cases(),
        "imdb_load_data": imdb_cases(whole, IMDB_ARGUMENTS),
        "imdb_small": imdb_cases(small, SMALL_IMDB_ARGUMENTS),
    }
