"""Step 1: what deploys this project, and which tool migrates its database?"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

import cache
from rollback import VERSION
from rollback.settings import load as settings
from rollback.detection.model import Detection, Found, Migration, Unsupported
from rollback.errors import Usage
from rollback.detection.files import FileIndex
from rollback.model import Evidence

STRONG = 50
_MOST = 50  # entries kept of one platform: more of them say the same


def run(project: Path, again: bool = False) -> Detection:
    """Return the detection, cached for 24 hours.

    Environments in the settings win over those that the files suggest.
    """
    detection = cache.platform(project).recall(
        f"detect {VERSION}", lambda: look(project), again=again
    )
    try:
        result = msgspec.convert(detection.value, Detection)
    except msgspec.ValidationError:
        return run(project, again=True) if not again else look(project)
    return msgspec.structs.replace(
        result,
        cached_seconds=detection.age,
        environments=_named_in_settings(project) or result.environments,
    )


def best(detection: Detection, platform: str | None = None) -> tuple[str, tuple[Evidence, ...]]:
    """Return the platform to roll back and the evidence for it.

    Raises Usage (no-platform, no-adapter, several-platforms).
    """
    if platform:
        return platform, _evidence(detection, platform)
    if not detection.platforms:
        raise Usage(
            "no-platform",
            _nothing(detection),
            "name it in .claude/deployment-rollback.yml: environments.<name>.platform",
        )
    ready = [row for row in detection.platforms if row.adapter]
    if not ready:
        names = ", ".join(dict.fromkeys(row.platform for row in detection.platforms))
        raise Usage(
            "no-adapter",
            f"this project deploys to {names}, which this version cannot roll back yet",
            "use the platform's own rollback",
        )
    rivals = list(dict.fromkeys(row.platform for row in ready if row.strength == ready[0].strength))
    if len(rivals) > 1:
        fix = "name one in .claude/deployment-rollback.yml: environments.<name>.platform"
        raise Usage(
            "several-platforms", f"this project could deploy with {' or '.join(rivals)}", fix
        )
    return rivals[0], _evidence(detection, rivals[0])


def look(project: Path) -> Detection:
    """Read the files, now."""
    from rollback.detection.environments import suggested
    from rollback.migrations import migrations
    from rollback.platforms import platforms
    from rollback.detection.unsupported import unsupported

    files = FileIndex(project)
    rows = [row for id, module in platforms for row in _of_platform(id, module, files)]
    rows.sort(key=lambda row: (-row.strength, row.path.count("/"), row.path))
    strong = tuple(row for row in rows if row.strength >= STRONG)
    return Detection(
        platforms=strong,
        migrations=tuple(
            _best_known((id, row) for id, module in migrations for row in module.detect(files))
        ),
        unsupported=tuple(
            Unsupported(id, _shown(row.path), row.reasons) for id, row in unsupported(files)
        ),
        weak=tuple(row for row in rows if row.strength < STRONG),
        environments=tuple(suggested(files)),
        supported=bool(strong),
    )


def _of_platform(id: str, module: Any, files: FileIndex) -> Iterable[Found]:
    from rollback.contracts import rolls_back

    adapter = rolls_back(module)
    by_path: dict[str, Evidence] = {}
    for row in module.detect(files):
        known = by_path.get(row.path)
        by_path[row.path] = row if known is None else _merged(known, row)
    ranked = sorted(
        by_path.values(), key=lambda row: (-row.strength, row.path.count("/"), row.path)
    )
    return [
        Found(id, _shown(row.path), row.strength, row.reasons, adapter) for row in ranked[:_MOST]
    ]


def _merged(first: Evidence, other: Evidence) -> Evidence:
    return Evidence(
        max(first.strength, other.strength),
        first.path,
        tuple(dict.fromkeys(first.reasons + other.reasons)),
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
        Migration(tool, _shown(row.path), row.reasons)
        for tool, row in sorted(kept, key=lambda pair: (pair[1].path, pair[0]))
    ]


def _shown(path: str) -> str:
    """Return a path that any JSON reader accepts, whatever its bytes on disk."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


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
    return "no file shows what deploys this project"


def _named_in_settings(project: Path) -> tuple[str, ...]:
    return tuple(settings.load(project).environments)
