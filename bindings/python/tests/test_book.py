"""The programs of the book and of the READMEs run as they stand there."""

from __future__ import annotations

import re
from pathlib import Path

import gatewise
import pytest

ROOT = Path(__file__).resolve().parents[3]
PAGES = ["book/python.md", "bindings/python/README.md"]


def blocks(page: str) -> list[tuple[int, str]]:
    """Returns the Python programs of a page, with the lines that they begin at."""
    text = (ROOT / page).read_text(encoding="utf-8")
    found = re.finditer(r"^```python\n(.*?)^```", text, re.M | re.S)
    return [(text[: match.start()].count("\n") + 2, match[1]) for match in found]


@pytest.mark.parametrize("page", PAGES)
def test_programs(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    programs = blocks(page)
    assert programs
    for line, program in programs:
        # The name of the file and the line make a traceback that points into the page.
        exec(compile("\n" * (line - 1) + program, str(ROOT / page), "exec"), names)


def cells() -> list[tuple[str, str]]:
    """Returns the statements of the table of Keras's cells: Keras's, and those of gatewise."""
    text = (ROOT / "book/python.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| [a-z]* ?\| `(.*)` \| (?:`(.*)`|the same) \|$", text, re.M)
    return [(keras, own or keras) for keras, own in rows]


def test_the_table_of_cells_is_whole():
    statements = cells()
    assert len(statements) == 18
    for keras, own in statements:
        # Nothing but the name of the package differs.
        assert keras.replace("keras", "gatewise", 1) == own or keras == own


def test_the_cells_of_gatewise_run(data, monkeypatch, capsys):
    monkeypatch.setenv("GATEWISE_DATA", str(data))
    # One epoch is enough to see that they run.
    program = "\n".join(own for _, own in cells()).replace("epochs=5", "epochs=1")
    exec(compile(program, "book/python.md", "exec"), {})
    printed = capsys.readouterr().out
    accuracy = re.search(r"^Test results - Loss: [\d.]+ - Accuracy: ([\d.]+)%$", printed, re.M)
    assert accuracy and 70 < float(accuracy[1]) < 90
    assert "│ lstm (LSTM)" in printed


def test_links_lead_somewhere():
    for page in [*PAGES, "README.md"]:
        text = (ROOT / page).read_text(encoding="utf-8")
        anchors = {
            re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in re.findall(r"^#+ (.*)$", text, re.M)
        }
        for target in re.findall(r"\]\(([^)]+)\)", text):
            if target.startswith("http"):
                continue
            path, _, anchor = target.partition("#")
            assert not path or ((ROOT / page).parent / path).exists(), f"{page}: {target}"
            assert path or anchor in anchors, f"{page}: {target}"


def test_names_of_the_book_exist():
    text = (ROOT / "book/python.md").read_text(encoding="utf-8")
    for name in re.findall(r"`gatewise\.([\w.]+)`", text):
        part = gatewise
        for word in name.split("."):
            part = getattr(part, word)
