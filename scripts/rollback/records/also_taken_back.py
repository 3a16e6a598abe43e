"""What a script took back although no plan had it: a change that somebody made at the last moment.

Written by the scripts, in platforms that cannot refuse a change which comes too late.
"""

from __future__ import annotations

from pathlib import Path

from rollback.text import clean

_FILE = "also-taken-back"
_MOST_BYTES = 64 * 1024


def read(run: Path, script: str) -> tuple[str, ...]:
    """Return a line each: "<release> of <app> went back, too: <why>; to bring it back: ..."."""
    try:
        with (run / _FILE).open("rb") as file:
            text = file.read(_MOST_BYTES).decode(errors="replace")
    except OSError:
        return ()
    rows = (line.partition("\t") for line in text.splitlines())
    return tuple(dict.fromkeys(clean(row, 360) for name, _, row in rows if name == script and row))


def named(line: str) -> str:
    """Return which release a line is about, without the reason."""
    return clean(line.partition(": ")[0], 100)
