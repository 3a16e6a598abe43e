"""The texts of a project's compose files, today's from disk; and which files those are."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rollback.errors import Unreadable
from rollback.platforms.docker_compose import variables
from rollback.platforms.docker_compose import source as sources
from rollback.platforms.docker_compose.source import Source


def today(details: Mapping[str, Any]) -> Source:
    """Raises Unreadable (no-compose-file, compose-unparsable)."""
    files = tuple((path, _text(path)) for path in details["files"])
    env = tuple((path, text) for path in details["env_files"] if (text := read(path)) is not None)
    return Source(files, beside(files, {}), env)


def beside(
    files: Sequence[tuple[str, str]], known: Mapping[str, str | None]
) -> tuple[tuple[str, str], ...]:
    """What these files include, extend or take variables from: as `known` (None: not there), else as it is on disk."""
    found: dict[str, str] = {}
    wanted = sources.named_by(files)
    while new := [path for path in sorted(wanted) if path not in found]:
        for path in new:
            text = known[path] if path in known else read(path)
            if text is not None:
                found[path] = text
        wanted = (
            sources.named_by([(path, found[path]) for path in new if path in found])
            - found.keys()
            - set(new)
        )
    for path in sorted(sources.variable_files((*files, *found.items()))):
        text = known[path] if path in known else read(path)
        if text is not None:
            found.setdefault(path, text)
    own = {path for path, _ in files}
    return tuple((path, text) for path, text in found.items() if path not in own)


def read(path: str) -> str | None:
    """The text of a file, None when it cannot be read."""
    try:
        return Path(path).read_text(errors="replace")
    except OSError:
        return None


def inside(details: Mapping[str, Any], path: str) -> str:
    """Where a file of the local folder lies for the containers, which may come from another folder."""
    return os.path.normpath(
        os.path.join(details["directory"], os.path.relpath(path, details["folder"]))
    )


def names(source: Source) -> list[str]:
    """Variables that the files refer to, or hand through: each call of Compose needs them."""
    found: dict[str, None] = {}
    for keys in source.services().values():
        found |= dict.fromkeys(name for name, _ in variables.variables(keys))
        found |= dict.fromkeys(sorted(variables.passed_through(keys)))
    return list(found)


def with_profiles(details: Mapping[str, Any], source: Source) -> dict[str, Any]:
    """The services that run belong to the project whatever profile they hide behind."""
    services = source.services().items()
    hidden = (
        str(one)
        for service, keys in services
        if service in details["running"]
        for one in keys.get("profiles") or ()
    )
    return {**details, "profiles": list(dict.fromkeys((*details["profiles"], *hidden)))}


def _text(path: str) -> str:
    try:
        return Path(path).read_text()
    except (OSError, ValueError) as error:
        fix = "set `files` in .claude/deployment-rollback.yml"
        raise Unreadable("no-compose-file", f"{path} cannot be read: {error}", fix) from None
