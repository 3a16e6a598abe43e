"""A first settings file from what was found: what is sure stands there, the rest as comments to fill in."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from rollback.records import disk
from rollback.detection.model import Detection, Found
from rollback.settings.environment import PRODUCTION_LIKE
from rollback.errors import Usage
from rollback.settings.model import FILE, GROUPS
from rollback.text import clean


def write(project: Path, detection: Detection) -> Path:
    """Leaves a file that a person completes and commits; never overwrites one. Raises Usage (settings-exist, not-writable)."""
    path = project / FILE
    disk.folder(path.parent)
    if any(os.path.lexists(other) for other in (path, path.with_suffix(".yaml"))):
        raise Usage(
            "settings-exist",
            f"{FILE} is there already and stays as it is",
            "edit it, or move it away first",
        )
    with (
        disk.telling(path),
        open(path, "x", encoding="utf-8") as file,
    ):  # x: whoever was quicker keeps theirs
        file.write("\n".join(_lines(detection)) + "\n")
        disk.own(path)
    return path


def _lines(detection: Detection) -> Iterator[str]:
    names = detection.environments or ("production",)
    yield "# What deploys this project, for /deployment-rollback. Complete it, commit it. All keys: settings.example.yml of the skill."
    yield from (
        f"# Found: {each.platform} ({clean(each.path)}: {clean(', '.join(each.reasons))})"
        for each in detection.platforms[:5]
    )
    if len(names) > 1:
        yield f"default_environment: {'production' if 'production' in names else names[0]}"
    yield "environments:"
    for name in names:
        yield from _environment(name, detection.platforms)


def _environment(name: str, platforms: tuple[Found, ...]) -> Iterator[str]:
    yield f"  {name}:"
    like_production = name.lower().startswith(
        PRODUCTION_LIKE
    )  # such as Production, or prod-eu, which no default protects
    yield f"    {'' if like_production else '# '}protected: true       # needs the typed phrase; default: only {', '.join(PRODUCTION_LIKE)}"
    chosen = next((each for each in platforms if each.adapter), None)
    yield (
        f"    platform: {chosen.platform}"
        if chosen
        else "    # platform:              # none was found that this version can roll back"
    )
    yield from (f"    # {key}:" for key in GROUPS.get(chosen.platform if chosen else "", ()))
    yield "    # health:               # checked before the plan and after the switch; without any, the result is `unknown`"
    yield "    #   - url: https://example.com/health"
    yield "    #     version_key: version"
