"""What this project's own runs and deploy scripts know of its releases: ledger.jsonl."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec

from rollback.records import disk
from rollback.records import jsonl
from rollback.settings.environment import LedgerEntry
from rollback.text import clean

FILE = Path(".claude/deployment-rollback/ledger.jsonl")
SEEN = "seen"  # live when somebody looked: no verdict, but proof that it was deployed
VERDICTS = ("good", "failed", "rolled-back-from", SEEN)


def record(project: Path, entries: Iterable[LedgerEntry]) -> None:
    """Append all of `entries` or none. Raises Usage (not-writable)."""
    lines = [msgspec.json.encode(_cleaned(entry)) for entry in entries]
    if not lines:
        return
    path = project / FILE
    with disk.readable_errors(path), jsonl.opened(path) as log:
        log.append(lines)


def read(project: Path, environment: str | None = None) -> tuple[LedgerEntry, ...]:
    """Return the entries of one environment (None: all), oldest first, without damaged lines."""
    entries, _ = _sorted_out(project)
    return tuple(entry for entry in entries if environment in (None, entry.environment))


def damaged(project: Path) -> tuple[int, ...]:
    """Return the numbers of the lines that cannot be read."""
    return tuple(_sorted_out(project)[1])


def _sorted_out(project: Path) -> tuple[list[LedgerEntry], list[int]]:
    path = project / FILE
    entries: list[LedgerEntry] = []
    bad: list[int] = []
    with disk.readable_errors(path):
        lines = jsonl.read(path)
    for line in lines:
        try:
            entry = msgspec.convert(line.value, LedgerEntry)
        except msgspec.ValidationError:
            bad.append(line.number)
            continue
        entries.append(entry) if entry.verdict in VERDICTS else bad.append(line.number)
    return entries, bad


def _cleaned(entry: LedgerEntry) -> LedgerEntry:
    if entry.verdict not in VERDICTS:
        raise ValueError(f"no verdict: {entry.verdict}")
    fields = {
        name: clean(value, 500)
        for name in entry.__struct_fields__
        if isinstance(value := getattr(entry, name), str)
    }
    digests = {clean(name, 300): clean(image, 500) for name, image in entry.digests.items()}
    return msgspec.structs.replace(entry, **fields, digests=digests)
