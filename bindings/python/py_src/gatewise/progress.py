"""The progress of ``fit`` and ``evaluate``: a bar in a terminal or a notebook, lines elsewhere.

``verbose`` has Keras's meaning: 0 shows nothing, 1 (or ``"auto"``) a bar for each epoch, 2 one line for each epoch. A
bar needs a terminal or a notebook; where the output is a file or a pipe, ``verbose=1`` writes the lines of
``verbose=2``.
"""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

_CELLS = 20


def level(verbose: Any) -> int:
    """Returns 0, 1 or 2 for Keras's ``verbose``: 0, 1, 2, ``"auto"``, ``False`` or ``True``."""
    if verbose == "auto":
        return 1
    if verbose in (0, 1, 2):
        return int(verbose)
    raise ValueError(f"verbose is {verbose!r}; it must be 0, 1, 2 or 'auto'")


@contextmanager
def watch(
    verbose: Any, batch_size: int = 1, shows: Callable[[str], bool] = lambda name: True
) -> Iterator[Progress | None]:
    """Yields the object that ``fit`` reports to, or ``None`` where nothing is shown. Leaves the screen in order.

    Args:
        verbose: Keras's ``verbose``.
        batch_size: The rows of a step; a run that decides on them calls ``prepare``.
        shows: Whether to show the figure of this name.
    """
    if level(verbose) == 0:
        yield None
        return
    progress = Progress(_screen() if level(verbose) == 1 else _Lines(), batch_size, shows)
    try:
        yield progress
    finally:
        progress.close()


def show_result(verbose: Any, rows: int, batch_size: int, seconds: float, figures: Mapping[str, float]) -> None:
    """Shows the end of a pass over ``rows`` rows: of ``evaluate``."""
    if level(verbose) == 0:
        return
    screen = _screen() if level(verbose) == 1 else _Lines()
    steps = -(-rows // batch_size)
    screen.keep(_line(screen, steps, steps, seconds, figures))
    screen.close()


class Progress:
    """Shows a run, told by ``fit`` at the start of an epoch, ten times a second, and at its end.

    Args:
        screen: Where to show it.
        batch_size: The rows of a step.
        shows: Whether to show the figure of this name.
    """

    def __init__(self, screen: _Lines, batch_size: int, shows: Callable[[str], bool] = lambda name: True) -> None:
        self._screen = screen
        self._batch_size = batch_size
        self._shows = shows
        self._steps = 0
        self._started = 0.0

    def prepare(self, batch_size: int) -> None:
        """Receives the rows of a step, where the run decides on them."""
        self._batch_size = batch_size

    def begin(self, epoch: int, epochs: int, samples: int, logs: Mapping[str, float]) -> None:
        """Shows the start of epoch ``epoch``, from 0, of ``epochs``, with ``samples`` rows."""
        self._started = time.perf_counter()
        self._steps = -(-samples // self._batch_size)
        self._screen.keep(f"Epoch {epoch + 1}/{epochs}")
        self._screen.draw(self._line(0, logs))

    def batch(self, samples: int, batches: int, total: int, logs: Mapping[str, float]) -> None:
        """Shows the means so far, after ``batches`` steps."""
        self._screen.draw(self._line(batches, logs))

    def end(self, epoch: int, batches: int, samples: int, logs: Mapping[str, float]) -> None:
        """Shows the figures of an epoch after its last step."""
        self._steps = batches
        self._screen.keep(self._line(batches, logs))

    def _line(self, batches: int, logs: Mapping[str, float]) -> str:
        seconds = time.perf_counter() - self._started
        figures = {name: value for name, value in logs.items() if self._shows(name)}
        return _line(self._screen, batches, self._steps, seconds, figures)

    def note(self, text: str) -> None:
        """Shows a note of the run above the bar."""
        self._screen.keep(f"note: {text}", over=False)

    def close(self) -> None:
        """Ends the output, also in the middle of a line."""
        self._screen.close()


class _Lines:
    """Writes finished lines only."""

    #: Whether what is drawn is seen.
    has_bar = False

    def __init__(self) -> None:
        encoding = getattr(sys.stdout, "encoding", None) or "ascii"
        try:
            "━─…".encode(encoding)
            self.cells = "━─"
        except (UnicodeEncodeError, LookupError):
            self.cells = "=-"

    def draw(self, line: str) -> None:
        """Replaces the line that is drawn."""

    def keep(self, line: str, over: bool = True) -> None:
        """Writes a finished line: over the line that is drawn, or above it."""
        _write(line + "\n")

    def close(self) -> None:
        """Leaves the line that is drawn."""


class _Terminal(_Lines):
    """Redraws the last line in place."""

    has_bar = True

    def __init__(self) -> None:
        super().__init__()
        self._drawn = ""

    def _replace(self, line: str, end: str = "") -> None:
        # One write, without clearing first: so nothing flickers. Spaces cover what is left of a longer line.
        _write("\r" + line + " " * (len(self._drawn) - len(line)) + end)

    def draw(self, line: str) -> None:
        # A line that wraps could not be drawn over.
        columns = shutil.get_terminal_size().columns - 1
        line = line if len(line) <= columns else line[: columns - 1] + ("…" if self.cells == "━─" else ".")
        self._replace(line)
        self._drawn = line

    def keep(self, line: str, over: bool = True) -> None:
        drawn = self._drawn
        self._replace(line, "\n")
        self._drawn = ""
        if drawn and not over:
            self.draw(drawn)

    def close(self) -> None:
        if self._drawn:
            _write("\n")
            self._drawn = ""


class _Notebook(_Lines):
    """Replaces one output of the cell. The notebook then keeps the finished lines, and not what was drawn before."""

    has_bar = True
    #: The lines of one output; a long run has several, so that what is sent stays small.
    _LINES = 100

    def __init__(self) -> None:
        super().__init__()
        self.cells = "━─"
        self._kept: list[str] = []
        self._drawn = ""
        self._handle: Any = None

    def _show(self) -> None:
        from IPython import display

        text = "\n".join([*self._kept, self._drawn] if self._drawn else self._kept)
        if self._handle is None:
            self._handle = display.display({"text/plain": text}, raw=True, display_id=True)  # type: ignore[no-untyped-call]
        else:
            self._handle.update({"text/plain": text}, raw=True)

    def draw(self, line: str) -> None:
        self._drawn = line
        self._show()

    def keep(self, line: str, over: bool = True) -> None:
        if over:
            self._drawn = ""
        if len(self._kept) >= self._LINES:
            drawn, self._drawn = self._drawn, ""
            self._show()
            self._kept, self._handle, self._drawn = [], None, drawn
        self._kept.append(line)
        self._show()

    def close(self) -> None:
        self._drawn = ""
        if self._kept:
            self._show()


def _screen() -> _Lines:
    """Returns what shows a bar where the output goes."""
    # The class of standard output tells a notebook, without importing anything of it.
    if type(sys.stdout).__module__.startswith("ipykernel"):
        return _Notebook()
    is_terminal = getattr(sys.stdout, "isatty", lambda: False)()
    return _Terminal() if is_terminal else _Lines()


def _write(text: str) -> None:
    stdout = sys.stdout
    if stdout is not None:
        try:
            stdout.write(text)
        except UnicodeEncodeError:
            stdout.write(text.encode("ascii", "replace").decode())
        stdout.flush()


def _line(screen: _Lines, done: int, steps: int, seconds: float, logs: Mapping[str, float]) -> str:
    """Returns Keras's line: steps, a bar, seconds left (at the end, seconds taken), the time of a step, figures."""
    is_end = done >= steps
    count = f"{done:>{len(str(steps))}}/{steps}"
    each = seconds / done if done else 0.0
    left = seconds if is_end else each * (steps - done)
    times = [_clock(left), f"{_short(each)}/step"] if done else []
    figures = [f"{name}: {_number(logs[name])}" for name in sorted(logs, key=_place)]
    if not screen.has_bar:
        return " - ".join([count, *times, *figures])
    full, rest = screen.cells[0], screen.cells[1]
    filled = _CELLS * done // max(steps, 1)
    bar = full * filled + rest * (_CELLS - filled)
    return " - ".join([" ".join([count, bar, *times]), *figures])


def _place(name: str) -> tuple[int, str]:
    return (2 if name == "learning_rate" else int(name.startswith("val_")), name)


def _number(value: Any) -> str:
    try:
        value = float(value)
    except (TypeError, ValueError):
        return str(value)
    return f"{value:.4f}" if abs(value) > 1e-3 or value == 0 else f"{value:.4e}"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    if minutes == 0:
        return f"{rest}s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _short(seconds: float) -> str:
    if seconds >= 1:
        return f"{seconds:.0f}s"
    return f"{seconds * 1e3:.0f}ms" if seconds >= 1e-3 else f"{seconds * 1e6:.0f}us"
