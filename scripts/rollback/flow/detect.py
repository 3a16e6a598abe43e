"""Step 1: what deploys this project, and which tool migrates its database?"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

import cache
from rollback import VERSION
from rollback.settings import load as settings
from rollback.detection import memory
from rollback.detection.listing import listed
from rollback.detection.model import Detection, Found, Migration, Unread, Unsupported
from rollback.errors import Usage
from rollback.detection.files import FileIndex
from rollback.model import Evidence
from rollback.text import clean

STRONG = 50
_ENOUGH = 61  # below it a platform is not picked, only suggested
_CLEARLY = 10  # a platform is picked if its evidence is this much stronger than any other's
_NAME_IT = "name it in .claude/deployment-rollback.yml: environments.<name>.platform"
_MOST = 50  # entries kept of one platform: more of them say the same


def run(project: Path, again: bool = False) -> Detection:
    """Return the detection, cached for 24 hours or until a file that it was made from changes.

    Environments in the settings win over those that the files suggest.
    """
    names, store, key = listed(project), cache.platform(project), f"detect {VERSION}"
    known = None if again else store.peek(key)
    age, found = (known.age, _remembered(known.value, project, names)) if known else (0, None)
    if found is None:
        files = FileIndex(project, names)
        age, found = 0, _look(files)
        made = memory.of(project, names, files.stamps, found)
        store.recall(key, lambda: made, again=True)
    return msgspec.structs.replace(
        found,
        cached_seconds=age,
        environments=_named_in_settings(project) or found.environments,
    )


def _remembered(value: Any, project: Path, names: list[str]) -> Detection | None:
    try:
        known = msgspec.convert(value, memory.Memory)
        return known.detection if memory.holds(known, project, names) else None
    except (msgspec.ValidationError, UnicodeError):
        return None


def best(detection: Detection, platform: str | None = None) -> tuple[str, tuple[Evidence, ...]]:
    """Return the platform to roll back and the evidence for it.

    Raises Usage (no-platform, no-adapter, unsure-platform, several-platforms).
    """
    if platform:
        return platform, _evidence(detection, platform)
    if not detection.platforms:
        raise Usage("no-platform", _nothing(detection), _NAME_IT)
    ready = [row for row in detection.platforms if row.adapter]
    if not ready:
        names = ", ".join(dict.fromkeys(row.platform for row in detection.platforms))
        raise Usage(
            "no-adapter",
            f"this project deploys to {names}, which this version cannot roll back yet",
            "use the platform's own rollback",
        )
    if ready[0].strength < _ENOUGH:
        message = f"{_described(ready[0])} is the only sign of what deploys this project"
        raise Usage("unsure-platform", message, _NAME_IT)
    foreign = (
        Found(row.platform, row.path, row.strength, row.reasons, adapter=False)
        for row in detection.unsupported
    )
    near = [
        row
        for row in (*detection.platforms, *foreign)
        if row.strength > ready[0].strength - _CLEARLY
    ]
    rivals = list(dict.fromkeys(row.platform for row in near))
    if len(rivals) > 1:
        raise Usage("several-platforms", _rivals(near), _NAME_IT)
    return rivals[0], _evidence(detection, rivals[0])


def _described(row: Found) -> str:
    unable = "" if row.adapter else "; cannot be rolled back by this version"
    return f"{row.platform} ({clean(row.path)}: {clean(', '.join(row.reasons))}{unable})"


def _rivals(near: list[Found]) -> str:
    """Return each platform with its best file, and whether this version can roll it back."""
    best_of = {row.platform: row for row in reversed(near)}
    strongest = sorted(best_of.values(), key=lambda row: -row.strength)
    names = " or ".join(_described(row) for row in strongest)
    return f"this project could deploy with {names}"


def look(project: Path) -> Detection:
    """Read the files, now."""
    return _look(FileIndex(project))


def _look(files: FileIndex) -> Detection:
    from rollback.detection.environments import suggested
    from rollback.detection.unsupported import unsupported
    from rollback.migrations import migrations
    from rollback.platforms import platforms

    foreign = dict(unsupported(files))
    others = tuple(
        Unsupported(id, _shown(row.path), _all_shown(row.reasons), row.strength)
        for id, row in foreign.items()
    )
    evidence = {id: _by_path(platforms.part(id, "detect").detect(files)) for id in platforms.ids}
    rows = [
        row
        for id in platforms.ids
        for row in _of_platform(
            id, platforms.has(id, "moves"), _weighed(id, evidence, list(foreign.values()))
        )
    ]
    rows.sort(key=lambda row: (-row.strength, row.path.count("/"), row.path))
    strong = tuple(row for row in rows if row.strength >= STRONG)
    found = ((id, row) for id, module in migrations for row in module.detect(files))
    return Detection(
        platforms=strong,
        migrations=tuple(_best_known(found)),
        unsupported=others,
        weak=tuple(row for row in rows if row.strength < STRONG),
        environments=tuple(suggested(files)),
        supported=bool(strong),
        unread=tuple(_unread(files)),
    )


def _unread(files: FileIndex) -> Iterable[Unread]:
    reasons = dict.fromkeys(files.submodules(), "a repository of its own") | files.unread
    return (Unread(_shown(path), reason) for path, reason in sorted(reasons.items()))


def _by_path(evidence: Iterable[Evidence]) -> list[Evidence]:
    by_path: dict[str, Evidence] = {}
    for row in evidence:
        known = by_path.get(row.path)
        by_path[row.path] = row if known is None else _merged(known, row)
    return list(by_path.values())


def _weighed(
    platform: str, evidence: dict[str, list[Evidence]], foreign: list[Evidence]
) -> Iterable[Evidence]:
    """Weaken what may only show how the application is run where another platform deploys it."""
    elsewhere = foreign + [
        row
        for other, rows in evidence.items()
        if other != platform
        for row in rows
        if row.strength >= STRONG and row.gives_way != "any"
    ]
    outranked = {"any": bool(elsewhere), "steps": any(row.deploys for row in elsewhere)}
    for row in evidence[platform]:
        weaker = min(row.strength, STRONG - 1) if outranked.get(row.gives_way) else row.strength
        yield msgspec.structs.replace(row, strength=weaker)


def _of_platform(id: str, adapter: bool, evidence: Iterable[Evidence]) -> Iterable[Found]:
    ranked = sorted(evidence, key=lambda row: (-row.strength, row.path.count("/"), row.path))
    return [
        Found(id, _shown(row.path), row.strength, _all_shown(row.reasons), adapter)
        for row in ranked[:_MOST]
    ]


def _merged(first: Evidence, other: Evidence) -> Evidence:
    return Evidence(
        max(first.strength, other.strength),
        first.path,
        tuple(dict.fromkeys(first.reasons + other.reasons)),
        first.deploys or other.deploys,
        min(first.gives_way, other.gives_way, key=("", "steps", "any").index),
    )


def _best_known(evidence: Iterable[tuple[str, Evidence]]) -> list[Migration]:
    """Assign each folder to the tool with the strongest evidence; on a tie, to all of them."""
    listed = list(evidence)
    most: dict[str, int] = {}
    for _, row in listed:
        most[row.path] = max(row.strength, most.get(row.path, 0))
    kept = [
        (tool, row)
        for tool, row in listed
        if row.strength == most[row.path] and row.strength >= STRONG
    ]
    return [
        Migration(tool, _shown(row.path), _all_shown(row.reasons))
        for tool, row in sorted(kept, key=lambda pair: (pair[1].path, pair[0]))
    ]


def _shown(path: str) -> str:
    """Return a path that any JSON reader accepts, whatever its bytes on disk."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _all_shown(reasons: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(_shown(reason) for reason in reasons)


def _evidence(detection: Detection, platform: str) -> tuple[Evidence, ...]:
    return tuple(
        Evidence(row.strength, row.path, row.reasons)
        for row in detection.platforms + detection.weak
        if row.platform == platform
    )


def _nothing(detection: Detection) -> str:
    if detection.unsupported:
        names = ", ".join(dict.fromkeys(row.platform for row in detection.unsupported))
        return f"this project deploys to {names}, which is not supported"
    weak = next((row for row in detection.weak if row.adapter), None)
    if weak:
        reasons = "; ".join(weak.reasons)
        return f"cannot tell what deploys this project: {weak.path} is not enough ({reasons})"
    if detection.unread:
        paths = ", ".join(clean(row.path) for row in detection.unread[:3])
        return f"no file shows what deploys this project; not read: {paths}"
    return "no file shows what deploys this project"


def _named_in_settings(project: Path) -> tuple[str, ...]:
    return tuple(settings.load(project).environments)
