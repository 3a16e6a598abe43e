"""What the scripts wrote down while they worked: the truth of a run."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal, TypeVar

import msgspec

from rollback import clock
from rollback.records import disk
from rollback.records import jsonl
from rollback.errors import Usage

Line = TypeVar("Line")
WRITTEN = ("journal.jsonl", "rollback.log")
NOTHING_CHANGED = "nothing-changed"  # ends a start whose first change was refused


class JournalLine(msgspec.Struct, frozen=True):
    """What a script did: written by the scripts only."""

    at: str
    script: str
    step: str
    event: Literal["start", "done", "failed"]
    exit: int | None = None


class Reason(msgspec.Struct, frozen=True):
    """What somebody typed after the phrase when a script asked by itself."""

    at: str
    script: str
    reason: str


def read(run: Path) -> list[JournalLine]:
    """Return the complete lines, oldest first. Raises Usage (not-readable).

    A line cut short by a kill is left out.
    """
    return _read(run, JournalLine)


def in_effect(run: Path) -> list[JournalLine]:
    """Return the lines without those of starts that changed nothing. Raises Usage (not-readable).

    Such a start took locks and began a step that the platform refused as a whole.
    """
    left: list[JournalLine] = []
    for line in read(run):
        if line.step != NOTHING_CHANGED:
            left.append(line)
            continue
        while left and left[-1].script == line.script:
            left.pop()
    return left


def reasons(run: Path) -> list[Reason]:
    return _read(run, Reason)


def _read(run: Path, kind: type[Line]) -> list[Line]:
    try:
        lines = jsonl.read(run / "journal.jsonl")
    except OSError as error:
        raise Usage(
            "not-readable",
            f"{run}/journal.jsonl: {error.strerror}",
            "run as its owner, or with sudo",
        ) from None
    rows: list[Line] = []
    for line in lines:
        try:
            rows.append(msgspec.convert(line.value, kind))
        except msgspec.ValidationError:
            continue
    return rows


def effect(lines: list[JournalLine]) -> tuple[set[str], set[str]]:
    """Return steps that were begun and not undone, and steps that are done."""
    changed: set[str] = set()
    held: set[str] = set()
    for line in lines:
        if line.script == "restore.sh":
            held.discard(line.step)
            if line.event == "done":
                changed.discard(line.step)
        elif line.event == "done":
            held.add(line.step)
        elif line.event == "start":
            changed.add(line.step)
    return changed, held


def seconds_since_last(run: Path) -> float | None:
    """Return the seconds since the last line; None without one."""
    lines = read(run)
    return float(max(clock.seconds_since(lines[-1].at), 0)) if lines else None


def own(run: Path) -> None:
    """Under sudo, give the scripts' files to the run's owner, who must be able to continue."""
    with disk.readable_errors(run):
        for name in WRITTEN:
            if os.path.lexists(run / name):
                disk.own(run / name)
