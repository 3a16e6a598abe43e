"""The audit: who did what, when, why, and the result.

audit.jsonl is a hash chain: each line holds the hash of the one before.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rollback import VERSION, clock
from rollback.records import disk
from rollback.records import journal
from rollback.records import jsonl
from rollback.approval import person
from rollback.records import run
from rollback.errors import Drifted
from rollback.text import clean

FILE = Path(".claude/deployment-rollback/audit.jsonl")
START = "0" * 64
Row = tuple[str, dict[str, Any]]  # event and facts

_TAIL = re.compile(rb',"prev":"([0-9a-f]{64})","hash":"([0-9a-f]{64})"\}\Z')
_CREDENTIALS = re.compile(
    r"(?i)(://)[^/\s@]+@|\b((?:password|passwd|token|secret|api_?key)\s*[=:]\s*)\S+"
)


def record(project: Path, event: str, **facts: Any) -> None:
    """Append one line. Raises Usage (not-writable)."""
    _append(project, lambda _: [(event, facts)])


def take_over(project: Path, *run_folders: Path) -> None:
    """Copy journal lines that are not yet in the audit, from these runs or from all.

    Raises Usage (not-writable).
    """
    written = {
        folder.name: [*_typed(folder), *_steps(folder)]
        for folder in run_folders or run.folders(project)
        if journal.read(folder)
    }
    if written:
        _append(
            project,
            lambda known: [
                row for name, rows in written.items() for row in _missing(known, name, rows)
            ],
        )


def _steps(folder: Path) -> list[Row]:
    return [
        (
            "step",
            {
                "script": line.script,
                "step": line.step,
                "did": line.event,
                "exit": line.exit,
                "step_at": line.at,
            },
        )
        for line in journal.read(folder)
    ]


def _typed(folder: Path) -> list[Row]:
    """Return the reasons people typed to scripts that asked by themselves."""
    return [
        ("reason", {"script": line.script, "reason": line.reason, "typed_at": line.at})
        for line in journal.reasons(folder)
    ]


def _missing(known: Sequence[jsonl.Line], name: str, rows: Sequence[Row]) -> list[Row]:
    mark = f'"run":"{name}"'.encode()
    have = Counter((line.value or {}).get("event") for line in known if mark in line.raw)
    new = [
        row
        for event in ("reason", "step")
        for row in [row for row in rows if row[0] == event][have[event] :]
    ]
    return [(event, {"run": name, **facts}) for event, facts in new]


def rows(project: Path, *events: str) -> list[dict[str, Any]]:
    """Return the whole lines of these events, oldest first. Raises Usage (not-readable)."""
    with disk.readable_errors(project / FILE):
        values = [line.value for line in jsonl.read(project / FILE)]
    return [value for value in values if value and value.get("event") in events]


def head(project: Path) -> str:
    """Return the hash of the last line.

    A copy elsewhere (summary.md) shows when the file's tail was cut off.
    """
    with disk.readable_errors(project / FILE):
        return _end(jsonl.read(project / FILE))[1]


def verify(project: Path) -> dict[str, Any]:
    """Return {lines, head, damaged, heads} of an unbroken chain.

    The chain must hold every head that the summaries name. Raises Drifted (audit-broken,
    audit-cut).
    """
    with disk.readable_errors(project / FILE):
        lines = jsonl.read(project / FILE)
    known, damaged, at, last = {START}, [], 0, START
    for line in lines:
        if line.value is None:
            damaged.append(
                line.number
            )  # cut by a kill or a full disk; a line that was cut on purpose breaks the chain below
            continue
        _check(line, at + 1, last)
        at, last = at + 1, _links(line.raw)[1]
        known.add(last)
    heads = _heads(project)
    for folder, promised in heads:
        if promised not in known:
            raise Drifted(
                "audit-cut",
                f"the audit no longer holds the line that {folder} ended with: lines were removed",
                _FIX,
            )
    return {"lines": at, "head": last, "damaged": damaged, "heads": len(heads)}


_FIX = "compare it with a backup; the runs' own journals and summaries still hold their part"


def _check(line: jsonl.Line, seq: int, last: str) -> None:
    prev, digest = _links(line.raw)
    if digest != _hash(_TAIL.sub(b"", line.raw), prev):
        raise Drifted(
            "audit-broken",
            f"audit.jsonl, line {line.number}: it was changed after it was written",
            _FIX,
        )
    if prev != last or (line.value or {}).get("seq") != seq:
        raise Drifted(
            "audit-broken",
            f"audit.jsonl, line {line.number}: it does not follow the line before; "
            "lines were removed or moved",
            _FIX,
        )


def _append(project: Path, entries: Any) -> None:
    path = project / FILE
    with disk.readable_errors(path), jsonl.opened(path) as log:
        lines = log.lines()
        seq, last = _end(lines)
        rows: list[bytes] = []
        for event, facts in entries(lines):
            seq += 1
            body = {
                "seq": seq,
                "at": clock.now(),
                "event": event,
                "who": person.name(),
                "version": VERSION,
                **_safe(facts),
            }
            text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))[:-1].encode()
            digest = _hash(text, last)
            rows.append(text + f',"prev":"{last}","hash":"{digest}"}}'.encode())
            last = digest
        if rows:
            log.append(rows)


def _end(lines: Sequence[jsonl.Line]) -> tuple[int, str]:
    """Return number and hash of the last whole line."""
    for line in reversed(lines):
        if (links := _links(line.raw))[1] != START and (value := line.value) is not None:
            seq = value.get("seq")
            return (seq if isinstance(seq, int) else 0), links[1]
    return 0, START


def _links(raw: bytes) -> tuple[str, str]:
    tail = _TAIL.search(raw.rstrip(b"\r"))
    return (tail[1].decode(), tail[2].decode()) if tail else (START, START)


def _hash(text: bytes, prev: str) -> str:
    return hashlib.sha256(prev.encode() + text).hexdigest()


def _heads(project: Path) -> list[tuple[str, str]]:
    heads = []
    for folder in run.folders(project):
        try:
            text = (folder / "summary.md").read_text(errors="replace")
        except OSError:
            continue
        heads += [
            (folder.name, head)
            for head in re.findall(r"^audit: ([0-9a-f]{64})$", text, re.MULTILINE)
        ]
    return heads


def _safe(value: Any) -> Any:
    """Clean and shorten a value; mask what looks like a credential."""
    if isinstance(value, dict):
        return {_safe(str(key)): _safe(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_safe(entry) for entry in value]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return masked(str(value))


def masked(text: str) -> str:
    """Clean and shorten a text; mask what looks like a credential."""
    return _CREDENTIALS.sub(
        lambda match: f"{match[1] or match[2]}***" + ("@" if match[1] else ""),
        clean(text, 500),
    )
