"""Step 1: what deploys this project, and which tool migrates its database?"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

import cache
from rollback import VERSION
from rollback.settings import model as settings
from rollback.detection.model import Detection, Found, Migration, Unsupported
from rollback.errors import Usage
from rollback.detection.files import FileIndex
from rollback.model import Evidence

STRONG = 50
_MOST = 50  # entries kept of one platform: more of them say the same


def run(project: Path, again: bool = False) -> Detection:
    """Look, or remember for a day. Environments that settings name win over those that files suggest."""
    found = cache.platform(project).recall(f"detect {VERSION}", lambda: look(project), again=again)
    try:
        seen = msgspec.convert(found.value, Detection)
    except msgspec.ValidationError:
        return run(project, again=True) if not again else look(project)
    return msgspec.structs.replace(
        seen,
        cached_seconds=found.age,
        environments=_named_in_settings(project) or seen.environments,
    )


def best(detection: Detection, platform: str | None = None) -> tuple[str, tuple[Evidence, ...]]:
    """The platform to roll back and what speaks for it. Raises Usage (no-platform, no-adapter, several-platforms)."""
    if platform:
        return platform, _evidence(detection, platform)
    if not detection.platforms:
        raise Usage(
            "no-platform",
            _nothing(detection),
            "name it in .claude/deployment-rollback.yml: environments.<name>.platform",
        )
    ready = [found for found in detection.platforms if found.adapter]
    if not ready:
        names = ", ".join(dict.fromkeys(found.platform for found in detection.platforms))
        raise Usage(
            "no-adapter",
            f"this project deploys to {names}, which this version cannot roll back yet",
            "use the platform's own rollback",
        )
    rivals = list(
        dict.fromkeys(found.platform for found in ready if found.strength == ready[0].strength)
    )
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
    found = [each for id, module in platforms for each in _of_platform(id, module, files)]
    found.sort(key=lambda each: (-each.strength, each.path.count("/"), each.path))
    strong = tuple(each for each in found if each.strength >= STRONG)
    return Detection(
        platforms=strong,
        migrations=tuple(
            _best_known((id, each) for id, module in migrations for each in module.detect(files))
        ),
        unsupported=tuple(
            Unsupported(id, _shown(each.path), each.reasons) for id, each in unsupported(files)
        ),
        weak=tuple(each for each in found if each.strength < STRONG),
        environments=tuple(suggested(files)),
        supported=bool(strong),
    )


def _of_platform(id: str, module: Any, files: FileIndex) -> Iterable[Found]:
    from rollback.contracts import rolls_back

    adapter = rolls_back(module)
    by_path: dict[str, Evidence] = {}
    for each in module.detect(files):
        known = by_path.get(each.path)
        by_path[each.path] = each if known is None else _merged(known, each)
    ranked = sorted(
        by_path.values(), key=lambda each: (-each.strength, each.path.count("/"), each.path)
    )
    return [
        Found(id, _shown(each.path), each.strength, each.reasons, adapter)
        for each in ranked[:_MOST]
    ]


def _merged(one: Evidence, other: Evidence) -> Evidence:
    return Evidence(
        max(one.strength, other.strength),
        one.path,
        tuple(dict.fromkeys(one.reasons + other.reasons)),
    )


def _best_known(found: Iterable[tuple[str, Evidence]]) -> list[Migration]:
    """A folder belongs to the tool that knows it best; several only when they know it equally well."""
    listed = list(found)
    most: dict[str, int] = {}
    for _, each in listed:
        most[each.path] = max(each.strength, most.get(each.path, 0))
    kept = [
        (tool, each)
        for tool, each in listed
        if each.strength == most[each.path] and each.strength >= STRONG
    ]
    return [
        Migration(tool, _shown(each.path), each.reasons)
        for tool, each in sorted(kept, key=lambda pair: (pair[1].path, pair[0]))
    ]


def _shown(path: str) -> str:
    """A path that every reader of JSON accepts, whatever bytes it has on disk."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _evidence(detection: Detection, platform: str) -> tuple[Evidence, ...]:
    return tuple(
        Evidence(each.strength, each.path, each.reasons)
        for each in detection.platforms + detection.weak
        if each.platform == platform
    )


def _nothing(detection: Detection) -> str:
    if detection.unsupported:
        return f"this project deploys to {', '.join(dict.fromkeys(each.platform for each in detection.unsupported))}, which is not supported"
    weak = next((found for found in detection.weak if found.adapter), None)
    if weak:
        return f"no file of this project says for sure what deploys it: {weak.path} is not enough ({'; '.join(weak.reasons)})"
    return "no file of this project says what deploys it"


def _named_in_settings(project: Path) -> tuple[str, ...]:
    return tuple(settings.load(project).environments)
