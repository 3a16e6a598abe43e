"""Look through a project's files: every detector's evidence, weighed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from msgspec.structs import replace

from rollback.detection.calls import deployers
from rollback.detection.environments import suggested
from rollback.detection.files import FileIndex
from rollback.detection.listing import doubtful, relevant
from rollback.detection.model import Detection, Migration, Unread, Unsupported
from rollback.detection.unsupported import unsupported
from rollback.detection.weighing import STRONG, Signs, by_path, shown, weighed
from rollback.migrations import migrations
from rollback.model import Evidence
from rollback.platforms import platforms
from rollback.text import clean

_DOUBT = "in a folder named like tests, examples or documents"


def look(project: Path, names: list[str]) -> tuple[Detection, dict[str, str]]:
    """Return the detection, and the state of the files that it was made from."""
    files, aside = FileIndex(project, relevant(names)), FileIndex(project, doubtful(names))
    signs = _signs(files, aside)
    rows = weighed(signs, (id for id in platforms.ids if platforms.has(id, "moves")))
    strong = tuple(row for row in rows if row.strength >= STRONG)
    found = ((id, row) for id, module in migrations for row in module.detect(files))
    detection = Detection(
        platforms=strong,
        migrations=tuple(_best_known(found)),
        unsupported=tuple(
            Unsupported(id, shown(row.path), tuple(map(shown, row.reasons)), row.strength)
            for id, row in signs.foreign.items()
        ),
        weak=tuple(row for row in rows if row.strength < STRONG),
        environments=tuple(suggested(files)),
        supported=bool(strong),
        unread=tuple(_unread(files, signs.calls)),
    )
    return detection, aside.stamps | files.stamps


def _signs(files: FileIndex, aside: FileIndex) -> Signs:
    evidence = {id: by_path(platforms.part(id, "detect").detect(files)) for id in platforms.ids}
    deploying = {row.path for rows in evidence.values() for row in rows if row.deploys}
    foreign = dict(unsupported(files))
    deploying |= {row.path for row in foreign.values()}
    return Signs(
        evidence,
        foreign,
        dict(_set_aside(aside)) if aside.paths else {},
        {path: target for path, target in deployers(files).items() if path not in deploying},
    )


def _set_aside(files: FileIndex) -> Iterator[tuple[str, list[Evidence]]]:
    """Yield evidence below the folders that are named like tests, examples or documents."""
    for id in platforms.ids:
        rows = by_path(platforms.part(id, "detect").detect(files))
        below = [row for row in rows if files.has(row.path) or files.has_folder(row.path)]
        if below:
            yield id, [replace(row, reasons=(*row.reasons, _DOUBT)) for row in below]


def _unread(files: FileIndex, calls: Mapping[str, str]) -> Iterable[Unread]:
    reasons = dict.fromkeys(files.submodules(), "a repository of its own") | files.unread
    reasons |= {path: f"calls {clean(target)}" for path, target in calls.items()}
    return (Unread(shown(path), reason) for path, reason in sorted(reasons.items()))


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
        Migration(tool, shown(row.path), tuple(map(shown, row.reasons)))
        for tool, row in sorted(kept, key=lambda pair: (pair[1].path, pair[0]))
    ]
