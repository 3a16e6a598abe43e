"""Draft a settings file from detection: what is certain as keys, the rest as comments."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

from rollback.records import disk
from rollback.detection.model import Detection, Found
from rollback.settings.environment import PRODUCTION_LIKE
from rollback.errors import Usage
from rollback.settings import groups
from rollback.settings.model import FILE
from rollback.text import clean


def write(project: Path, detection: Detection) -> Path:
    """Write a draft for a person to complete and commit; never overwrite.

    Raises Usage (settings-exist, not-writable).
    """
    path = project / FILE
    disk.folder(path.parent)
    if any(os.path.lexists(other) for other in (path, path.with_suffix(".yaml"))):
        raise Usage(
            "settings-exist",
            f"{FILE} already exists and was left unchanged",
            "edit it, or move it away first",
        )
    with (
        disk.readable_errors(path),
        open(path, "x", encoding="utf-8") as file,
    ):  # x: fail if somebody else created it first
        file.write("\n".join(_lines(project, detection)) + "\n")
        disk.own(path)
    return path


def _lines(project: Path, detection: Detection) -> Iterator[str]:
    names = detection.environments or ("production",)
    yield "# What deploys this project, for /deployment-rollback. Complete it, commit it."
    yield "# All keys: settings.example.yml of the skill."
    yield from (
        f"# Found: {platform.platform} "
        f"({clean(platform.path)}: {clean(', '.join(platform.reasons))})"
        for platform in detection.platforms[:5]
    )
    if len(names) > 1:
        yield f"default_environment: {'production' if 'production' in names else names[0]}"
    yield "environments:"
    for name in names:
        yield from _environment(project, name, detection.platforms)


def _environment(project: Path, name: str, platforms: tuple[Found, ...]) -> Iterator[str]:
    yield f"  {name}:"
    like_production = name.lower().startswith(
        PRODUCTION_LIKE
    )  # such as Production, or prod-eu, which no default protects
    protected = "protected: true       # needs the typed phrase; default: only"
    yield f"    {'' if like_production else '# '}{protected} {', '.join(PRODUCTION_LIKE)}"
    chosen = next((platform for platform in platforms if platform.adapter), None)
    yield f"    {_platform(chosen)}"
    if chosen and not chosen.against:
        yield from _keys(project, name, chosen.platform)
    yield "    # health:               # checked before the plan and after the switch;"
    yield "    #                       # without any, the result is `unknown`"
    yield "    #   - url: https://example.com/health"
    yield "    #     version_key: version"


def _platform(chosen: Found | None) -> str:
    if chosen is None:
        return "# platform:              # this version can roll back none of those found"
    if chosen.against:
        return f"# platform: {chosen.platform}  # or {' or '.join(chosen.against)}"
    return f"platform: {chosen.platform}"


def _keys(project: Path, environment: str, platform: str) -> Iterator[str]:
    """Yield the platform's keys: those that the project tells filled in, the others as comments."""
    keys = groups.all_keys().get(platform)
    known = groups.suggested(platform, project, environment) if keys else {}
    for key in keys.__struct_fields__ if keys else ():
        yield f"    {key}: {json.dumps(known[key])}" if key in known else f"    # {key}:"
