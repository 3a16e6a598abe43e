"""Text on a terminal: blocks apart, wrapped at words, blockers in colour; elsewhere as it is."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator

BREAK = ""  # a line that is shown on terminals only
WIDEST = 100  # columns: longer lines are hard to read
_RED, _YELLOW, _PLAIN = "\x1b[1;31m", "\x1b[33m", "\x1b[0m"
_COLOURS = (("blocker ", _RED), ("error: ", _RED), ("warning", _YELLOW))
_COMMAND = re.compile(r"\b(?:python3|bash) .*?(?= ; then |$)")  # pasted: never wrapped
_JOINED = "\x00"


def text(lines: Iterable[str], descriptor: int) -> str:
    """Return the lines as this file descriptor should show them."""
    if not os.isatty(descriptor):
        return "\n".join(line for line in lines if line != BREAK)
    wrapped = "\n".join(_wrapped(lines, _columns(descriptor), _has_colours()))
    return re.sub(r"\n{3,}", "\n\n", wrapped).strip("\n")


def _wrapped(lines: Iterable[str], columns: int, coloured: bool) -> Iterator[str]:
    for line in lines:
        rows = _rows(line, columns)
        yield "\n".join(_coloured(rows) if coloured else rows)


def _rows(line: str, columns: int) -> list[str]:
    """Wrap one line with a hanging indent; commands stay on one line."""
    import textwrap  # imported late: only a terminal needs it

    joined = _COMMAND.sub(lambda match: match[0].replace(" ", _JOINED), line.strip())
    indent = " " * (len(line) - len(line.lstrip()))
    rows = textwrap.wrap(
        joined,
        columns,
        initial_indent=indent,
        subsequent_indent=f"{indent}  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [row.replace(_JOINED, " ") for row in rows] or [""]


def _coloured(rows: list[str]) -> list[str]:
    """Colour the label of a blocker, an error or a warning."""
    for start, colour in _COLOURS:
        if rows[0].startswith(start):
            label, colon, rest = rows[0].partition(":")
            return [f"{colour}{label}{colon}{_PLAIN}{rest}", *rows[1:]]
    return rows


def _columns(descriptor: int) -> int:
    try:
        columns = os.get_terminal_size(descriptor).columns
    except OSError:
        columns = 0
    return min(columns or 80, WIDEST)


def _has_colours() -> bool:
    """Obey NO_COLOR (https://no-color.org): set and not empty."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM", "dumb") != "dumb"
