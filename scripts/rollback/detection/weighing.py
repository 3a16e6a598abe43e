"""Weigh the evidence of all platforms against each other, and say what a person must confirm."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set

import msgspec
from msgspec import Struct

from rollback.detection.model import Found
from rollback.model import Evidence
from rollback.text import clean

STRONG = 50
_MOST = 50  # entries kept of one platform: more of them say the same


class Signs(Struct, frozen=True):
    """What the files of a project say, by platform; `calls`: pipeline -> a workflow elsewhere.

    `doubtful` is evidence in folders that are named like tests or examples.
    """

    evidence: Mapping[str, list[Evidence]]
    foreign: Mapping[str, Evidence]
    doubtful: Mapping[str, list[Evidence]]
    calls: Mapping[str, str]


def weighed(signs: Signs, adapters: Iterable[str]) -> list[Found]:
    """Return all rows, best first."""
    able = frozenset(adapters)
    settled = {id: _settled(id, signs) for id in signs.evidence}
    rivals = _rivals(signs, settled, able)
    rows = [
        _row(id, row, id in able, against)
        for id, evidence in settled.items()
        for row, against in _judged(id, evidence, rivals)
    ]
    rows += [
        _set_aside(_row(id, row, id in able))
        for id, evidence in signs.doubtful.items()
        for row in _ranked(evidence)
    ]
    return sorted(rows, key=lambda row: (-row.strength, row.path.count("/"), row.path))


def by_path(evidence: Iterable[Evidence]) -> list[Evidence]:
    """Merge what several rules say about one path."""
    merged: dict[str, Evidence] = {}
    for row in evidence:
        known = merged.get(row.path)
        merged[row.path] = row if known is None else _merged(known, row)
    return list(merged.values())


def described(row: Found) -> str:
    unable = "" if row.adapter else "; cannot be rolled back by this version"
    return f"{row.platform} ({clean(row.path)}: {clean(', '.join(row.reasons))}{unable})"


def shown(path: str) -> str:
    """Return a path that any JSON reader accepts, whatever its bytes on disk."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _settled(platform: str, signs: Signs) -> list[Evidence]:
    """Weaken what may only show how the application is run where another platform deploys it."""
    elsewhere = list(signs.foreign.values()) + [
        row
        for other, rows in signs.evidence.items()
        if other != platform
        for row in rows
        if row.strength >= STRONG and row.gives_way != "any"
    ]
    outranked = {"any": bool(elsewhere), "steps": any(row.deploys for row in elsewhere)}
    return _ranked(
        msgspec.structs.replace(row, strength=min(row.strength, STRONG - 1))
        if outranked.get(row.gives_way)
        else row
        for row in signs.evidence[platform]
    )


def _ranked(evidence: Iterable[Evidence]) -> list[Evidence]:
    return sorted(evidence, key=lambda row: (-row.strength, row.path.count("/"), row.path))[:_MOST]


def _rivals(
    signs: Signs, settled: Mapping[str, list[Evidence]], able: Set[str]
) -> list[tuple[str, str, bool]]:
    """Return what shows that a platform deploys: its id, in words, and whether by a step."""
    counting = {id: [row for row in rows if row.strength >= STRONG] for id, rows in settled.items()}
    counting |= {id: [row] for id, row in signs.foreign.items()}
    rivals = [
        (id, described(_row(id, row, id in able)), row.deploys)
        for id, rows in counting.items()
        for row in rows
        if row.deploys or not row.gives_way
    ]
    rivals += [
        (id, described(_row(id, row, id in able)), False)
        for id, rows in signs.doubtful.items()
        for row in _ranked(rows)[:1]
        if row.strength >= STRONG
    ]
    return rivals + [
        ("", f"another platform ({clean(shown(path))}: calls {clean(target)})", False)
        for path, target in signs.calls.items()
    ]


def _judged(
    platform: str, evidence: list[Evidence], rivals: list[tuple[str, str, bool]]
) -> Iterator[tuple[Evidence, tuple[str, ...]]]:
    """Yield each row with what says that another platform deploys the project."""
    deployed = any(row.deploys and row.strength >= STRONG for row in evidence)
    for row in evidence:
        if deployed or row.strength < STRONG:
            yield row, ()
        else:
            against: dict[str, str] = {}
            for id, text, by_step in rivals:
                if id != platform and (by_step or row.asks):
                    against.setdefault(id or text, text)
            yield row, tuple(against.values())


def _set_aside(row: Found) -> Found:
    return msgspec.structs.replace(row, strength=min(row.strength, STRONG - 1), aside=True)


def _row(platform: str, row: Evidence, able: bool, against: tuple[str, ...] = ()) -> Found:
    reasons = tuple(map(shown, row.reasons))
    return Found(platform, shown(row.path), row.strength, reasons, able, against)


def _merged(first: Evidence, other: Evidence) -> Evidence:
    return Evidence(
        max(first.strength, other.strength),
        first.path,
        tuple(dict.fromkeys(first.reasons + other.reasons)),
        first.deploys or other.deploys,
        min(first.gives_way, other.gives_way, key=("", "steps", "any").index),
        first.asks and other.asks,
    )
