"""Backups that files or a command of the project tell of."""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path

from rollback.backups import Newest, since, time_of
from rollback.errors import RollbackError
from rollback.model import Command
from rollback.shell import Shell, last_line
from rollback.text import clean

_SECONDS = 30  # for the command that prints when the newest backup was made


def by_files(pattern: str, project: Path) -> Newest:
    """Return the newest file of this name that is not empty."""
    matched = glob.iglob(os.path.join(project, pattern), recursive=True)
    files = {file: known for file in matched if (known := _file(file))}
    filled = {file: known.st_mtime for file, known in files.items() if known.st_size}
    if not filled:
        empty = f", but {len(files)} empty" if files else ""
        return Newest(missing=f"no file is named {clean(pattern, 120)}{empty}")
    name = max(filled, key=filled.__getitem__)
    made = datetime.fromtimestamp(filled[name], timezone.utc)
    return Newest(clean(name, 160), since(made))


def _file(path: str) -> os.stat_result | None:
    """Return what is known of a file; None of what is none, or has gone meanwhile."""
    try:
        known = os.stat(path)
    except OSError:
        return None
    return known if stat.S_ISREG(known.st_mode) else None


def by_command(words: Sequence[str], project: Path) -> Newest:
    """Return what a command prints: when the newest backup was made."""
    shown = clean(words[0], 60)
    try:
        answer = Shell(project).ask(Command(tuple(words), _SECONDS))
    except RollbackError as error:
        return Newest(missing=clean(error.message, 160))
    if answer.status:
        why = clean(last_line(answer.stderr), 120)
        return Newest(missing=f"{shown} ended with {answer.status}: {why}")
    text = clean(last_line(answer.stdout), 60)
    made = _time(text)
    if made is None:
        fact = f'"{text}"' if text else "nothing"
        return Newest(missing=f"{shown} printed {fact}, which is no time (2026-11-29T08:00:00Z)")
    return Newest(f"made at {text}", since(made))


def _time(text: str) -> datetime | None:
    """Return the time of a number of seconds since 1970, or of a text."""
    if text.isascii() and text.isdigit() and len(text) < 12:
        return datetime.fromtimestamp(int(text), timezone.utc)
    return time_of(text)
