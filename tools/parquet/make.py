"""Writes the Parquet files of crates/cli/tests/real_files/files with PyArrow, another writer than the program's own.

    python3 -m venv .venv && .venv/bin/pip install pyarrow
    .venv/bin/python tools/parquet/make.py crates/cli/tests/real_files/files
"""

import json
import pathlib
import sys

import pyarrow as pa
import pyarrow.parquet as pq

folder = pathlib.Path(sys.argv[1])
texts = ["a fine film", "a dull film", "fine", "so dull"]


def write(name, table, **options):
    options = {"compression": "gzip", "store_schema": False, **options}
    pq.write_table(table, folder / f"{name}.parquet", **options)


plain = pa.table({"text": texts, "label": ["good", "bad", "good", "bad"]})
for codec in ["gzip", "brotli", "lz4"]:
    write(codec, plain, compression=codec)

write(
    "lists",
    pa.table(
        {
            "text": texts,
            "tags": pa.array([["a", 'b "c"'], ["a"], [], None], pa.list_(pa.string())),
            "numbers": pa.array([[1, None], [], None, [2]], pa.list_(pa.int32())),
            "review": pa.array(
                [{"title": "one", "stars": 5}, {"title": None, "stars": 1}, None, {"title": "four", "stars": 2}],
                pa.struct([("title", pa.string()), ("stars", pa.int64())]),
            ),
            "people": pa.array([[{"name": "x"}], [], [], []], pa.list_(pa.struct([("name", pa.string()), ("age", pa.int32())]))),
        }
    ),
)

label = {"names": ["negative", "positive"], "_type": "ClassLabel"}
topic = {"names": ["film", "book", "game"], "_type": "ClassLabel"}
text = {"dtype": "string", "_type": "Value"}
features = {"text": text, "label": label, "topics": {"feature": topic, "_type": "List"}}
table = pa.table(
    {
        "text": texts,
        "label": pa.array([1, 0, 1, 0], pa.int64()),
        "topics": pa.array([[0, 2], [1], [], [2]], pa.list_(pa.int64())),
    }
)
metadata = {"huggingface": json.dumps({"info": {"features": features}})}
write("class_names", table.replace_schema_metadata(metadata), store_schema=True)
