"""Keras's own tests, run on gatewise: ``python bindings/python/tests/keras_suite/run.py``.

The test files are read from the installed package ``keras``; nothing of Keras is kept here. Their imports are served by
``standins.py``. ``left_out.py`` names what is left out, each with its reason. A table is printed and, with ``--table``,
written. A file that passes fewer tests than ``expected.json`` says fails the run; ``--record`` writes that file.
"""

from __future__ import annotations

import argparse
import ast
import fnmatch
import io
import json
import sys
import traceback
import unittest
import warnings
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))


@dataclass
class Outcome:
    """What became of the tests of one file."""

    file: str
    passed: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    # Left out, although it would pass.
    needless: list[str] = field(default_factory=list)
    # Patterns of the list that match no test.
    idle: list[str] = field(default_factory=list)

    @property
    def run(self) -> int:
        return len(self.passed) + len(self.failed)


class Skipped(Exception):
    """The test skipped itself, or a mark of it says so."""


def load(path: Path, name: str) -> ModuleType:
    """Loads a test file under a name of its own."""
    module = ModuleType(name)
    module.__file__ = str(path)
    sys.modules[name] = module
    tree = ast.parse(path.read_text(), filename=str(path))
    exec(compile(tree, str(path), "exec"), module.__dict__)
    return module


def marks(case: unittest.TestCase, method: str) -> list[Any]:
    """Returns the marks of pytest on a test and its class."""
    return [*getattr(type(case), "pytestmark", []), *getattr(getattr(case, method), "pytestmark", [])]


def run_one(case: unittest.TestCase, method: str) -> str | None:
    """Runs one test. Returns why it failed, or ``None``. Raises ``Skipped``."""
    for mark in marks(case, method):
        if mark.name == "skip" or (mark.name == "skipif" and any(mark.args[:1])):
            raise Skipped(mark.kwargs.get("reason", "skipped by a mark"))
    result = unittest.TestResult()
    output = io.StringIO()
    with redirect_stdout(output), redirect_stderr(output), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        case.run(result)
    if result.skipped:
        raise Skipped(result.skipped[0][1])
    problems = [*result.failures, *result.errors]
    return problems[0][1] if problems else None


def run_file(root: Path, file: str, left_out: dict[str, str], only: str | None, every: bool) -> Outcome:
    """Runs the tests of one file."""
    outcome = Outcome(file)
    try:
        module = load(root / "src" / file, "kept_apart." + file.removesuffix(".py").replace("/", "."))
    except Exception:
        outcome.failed["(the file does not load)"] = traceback.format_exc()
        return outcome
    used = set()
    for cls in [c for c in vars(module).values() if isinstance(c, type) and issubclass(c, unittest.TestCase)]:
        if cls.__module__ != module.__name__:
            continue
        for method in unittest.TestLoader().getTestCaseNames(cls):
            name = f"{cls.__name__}.{method}"
            if only and not fnmatch.fnmatch(name, f"*{only}*"):
                continue
            pattern = next((pattern for pattern in left_out if fnmatch.fnmatch(name, pattern)), None)
            if pattern:
                used.add(pattern)
                outcome.left_out[name] = left_out[pattern]
                if not every:
                    continue
            try:
                problem = run_one(cls(method), method)
            except Skipped as reason:
                outcome.left_out.setdefault(name, f"skips itself: {reason}")
                continue
            if pattern:
                if problem is None:
                    outcome.needless.append(name)
            elif problem is None:
                outcome.passed.append(name)
            else:
                outcome.failed[name] = problem
    if not only:
        outcome.idle = [pattern for pattern in left_out if pattern not in used]
    return outcome


def table(outcomes: list[Outcome], version: str) -> str:
    """Returns the table of all files, and below it the names of the failures and of what is left out."""
    lines = [
        f"# Keras {version}: its own tests, run on gatewise",
        "",
        "| file | tests | run | pass | fail | left out |",
        "|---|--:|--:|--:|--:|--:|",
    ]

    def row(name: str, chosen: list[Outcome]) -> str:
        run, passed = sum(o.run for o in chosen), sum(len(o.passed) for o in chosen)
        out = sum(len(o.left_out) for o in chosen)
        return f"| {name} | {run + out} | {run} | {passed} | {run - passed} | {out} |"

    lines += [row(o.file, [o]) for o in outcomes]
    lines += [row("all", outcomes), "", "## Failures", ""]
    for outcome in outcomes:
        lines += [f"* `{outcome.file}` {name}: {last(problem)}" for name, problem in outcome.failed.items()]
    lines += ["", "## Left out", ""]
    for outcome in outcomes:
        reasons: dict[str, list[str]] = {}
        for name, reason in outcome.left_out.items():
            reasons.setdefault(reason, []).append(name)
        lines += [f"* `{outcome.file}` {', '.join(names)}: {reason}" for reason, names in reasons.items()]
    return "\n".join(lines) + "\n"


def last(problem: str) -> str:
    """Returns the line of a traceback that says what went wrong."""
    lines = problem.strip().splitlines()
    told = [line for line in lines if line and not line[0].isspace() and ":" in line and not line.startswith("Trace")]
    return (told[0] if told else lines[-1])[:160].replace("|", "\\|")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", help="parts of the names of the files to run; default: all")
    parser.add_argument("-k", dest="only", help="run only tests with this in their name")
    parser.add_argument("-v", dest="verbose", action="store_true", help="show the tracebacks of failures")
    parser.add_argument("--every", action="store_true", help="try what is left out too, and name what would pass")
    parser.add_argument("--table", type=Path, help="write the table to this file")
    parser.add_argument("--record", action="store_true", help="write expected.json")
    options = parser.parse_args()

    import standins

    if standins.folder() is None:
        print("SKIPPED: keras is not installed (pip install --no-deps keras absl-py)")
        return 0
    source = (standins.KERAS / "src" / "version.py").read_text()
    number = source.split('__version__ = "')[1].split('"')[0]
    standins.install()
    from left_out import FILES

    chosen = [file for file in FILES if not options.files or any(part in file for part in options.files)]
    outcomes = [run_file(standins.KERAS, file, FILES[file], options.only, options.every) for file in chosen]
    text = table(outcomes, number)
    print(text.split("## Left out")[0])
    if options.verbose:
        for outcome in outcomes:
            for name, problem in outcome.failed.items():
                print(f"--- {outcome.file} {name}\n{problem}")
    if options.table:
        options.table.write_text(text)
    for outcome in outcomes:
        if outcome.needless:
            print(f"{outcome.file}: left out, but would pass: {', '.join(outcome.needless)}")
        if outcome.idle:
            print(f"{outcome.file}: no test has the name {', '.join(outcome.idle)}")
    floor_file = HERE / "expected.json"
    if options.record:
        figures = {"keras": number, "passed": {o.file: len(o.passed) for o in outcomes}}
        floor_file.write_text(json.dumps(figures, indent=1) + "\n")
        return 0
    if options.only or not floor_file.exists():
        return 0
    floor = json.loads(floor_file.read_text())
    if floor["keras"] != number:
        print(f"expected.json is of keras {floor['keras']}, but {number} is installed")
        return 1
    fallen = [
        f"{o.file}: {len(o.passed)} tests pass, but {floor['passed'].get(o.file, 0)} passed before"
        for o in outcomes
        if len(o.passed) < floor["passed"].get(o.file, 0)
    ]
    print("\n".join(fallen))
    return 1 if fallen else 0


if __name__ == "__main__":
    sys.exit(main())
