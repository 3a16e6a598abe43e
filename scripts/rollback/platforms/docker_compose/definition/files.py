"""The texts of a project's compose files on disk today, and of the files they name."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec.structs import replace

from rollback.errors import Unreadable
from rollback.platforms.docker_compose.definition import source as sources
from rollback.platforms.docker_compose.definition import variables
from rollback.platforms.docker_compose.definition.source import Source
from rollback.platforms.docker_compose.details import Details


def today(project: Details) -> Source:
    """Read the project's files. Raises Unreadable (no-compose-file, compose-unparsable)."""
    files = tuple((path, _text(path)) for path in project.files)
    env = tuple((path, text) for path in project.env_files if (text := read(path)) is not None)
    return Source(files, beside(files, {}), env)


def beside(
    files: Sequence[tuple[str, str]], known: Mapping[str, str | None]
) -> tuple[tuple[str, str], ...]:
    """Return what these files include, extend or take variables from.

    `known`: path -> text, None for a file that does not exist; all others are read from disk.
    """

    def text(path: str) -> str | None:
        return known[path] if path in known else read(path)

    texts: dict[str, str] = {}
    asked: set[str] = set()
    wanted = sources.named_by(files)
    while new := sorted(wanted - asked):
        read_now = {path: content for path in new if (content := text(path)) is not None}
        texts |= read_now
        asked |= set(new)
        wanted = sources.named_by(read_now.items())
    for path in sorted(sources.variable_files((*files, *texts.items()))):
        if path not in texts and (content := text(path)) is not None:
            texts[path] = content
    given = {path for path, _ in files}
    return tuple((path, content) for path, content in texts.items() if path not in given)


def read(path: str) -> str | None:
    """Return the text of a file, None when it cannot be read."""
    try:
        return Path(path).read_text(errors="replace")
    except OSError:
        return None


def inside(project: Details, path: str) -> str:
    """Return the path that containers have for a local file; they may be from another folder."""
    relative = os.path.relpath(path, project.folder)
    return os.path.normpath(os.path.join(project.directory, relative))


def names(source: Source) -> list[str]:
    """Return the variables the files refer to or pass through: every Compose call needs them."""
    needed: dict[str, None] = {}
    for keys in source.services().values():
        needed |= dict.fromkeys(name for name, _ in variables.variables(keys))
        needed |= dict.fromkeys(sorted(variables.passed_through(keys)))
    return list(needed)


def with_profiles(project: Details, source: Source) -> Details:
    """Add the profiles of running services: they belong to the project whatever hides them."""
    hidden = [
        str(profile)
        for service, keys in source.services().items()
        if service in project.services.running
        for profile in keys.get("profiles") or ()
    ]
    return replace(project, profiles=tuple(dict.fromkeys((*project.profiles, *hidden))))


def _text(path: str) -> str:
    try:
        return Path(path).read_text()
    except (OSError, ValueError) as error:
        message = f"cannot read {path}: {error}"
        fix = "set `files` in .claude/deployment-rollback.yml"
        raise Unreadable("no-compose-file", message, fix) from None
