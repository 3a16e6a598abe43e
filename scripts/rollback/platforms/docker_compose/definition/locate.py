"""Locate a project: folder, name, -f files and env files.

The sources are settings, files and container labels.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from rollback.errors import Unreadable, Usage
from rollback.platforms.docker_compose.definition import files as texts
from rollback.platforms.docker_compose.definition import source as sources
from rollback.platforms.docker_compose.definition import state_files, variables
from rollback.platforms.docker_compose.engine.containers import Container
from rollback.platforms.docker_compose.settings import Settings
from rollback.settings.environment import Environment, group

_NAMES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
_NAME_KEY = re.compile(r"^name:\s*[\"']?([a-z0-9][-_a-z0-9]*)[\"']?\s*(?:#.*)?$", re.MULTILINE)


def folder(environment: Environment, containers: Sequence[Container]) -> Path:
    """Return the project's local folder: from settings, containers or the detected file."""
    root, configured = environment.project, group(environment, Settings).directory
    if configured:
        return (root / configured).resolve()
    paths = (root / evidence.path for evidence in environment.evidence)
    detected = [path for path in paths if _is_compose_file(path)]
    folders = [*dict.fromkeys(path.parent.resolve() for path in detected), root.resolve()]
    running = {
        os.path.realpath(container.directory) for container in containers if container.directory
    }
    if in_use := next((folder for folder in folders if str(folder) in running), None):
        return in_use
    return root.resolve() if not detected or _includes(root, detected[0]) else folders[0]


def directory(environment: Environment, folder: Path, containers: Sequence[Container]) -> str:
    """Return the base of the containers' relative paths: another checkout must not move mounts."""
    if group(environment, Settings).directory:
        return str(folder)
    return next(
        (container.directory for container in containers if container.directory), str(folder)
    )


def name(environment: Environment, folder: Path, containers: Sequence[Container]) -> str:
    """Return the project's name: from settings, from this folder's containers, or the default.

    Raises Usage (which-project).
    """
    if configured := group(environment, Settings).project:
        return configured
    here = {
        container.project
        for container in containers
        if container.directory and os.path.realpath(container.directory) == str(folder)
    }
    wanted = _setting("COMPOSE_PROJECT_NAME", folder) or _name_in_file(folder)
    if wanted and (not here or wanted in {container.project for container in containers}):
        return wanted
    if len(here) > 1:
        message = f"several projects run from {folder}: {', '.join(sorted(here))}"
        fix = f"set `project` for environment {environment.name} in .claude/deployment-rollback.yml"
        raise Usage("which-project", message, fix)
    return here.pop() if here else re.sub(r"[^-_a-z0-9]", "", folder.name.lower()).lstrip("-_")


def files(
    environment: Environment, folder: Path, containers: Sequence[Container]
) -> tuple[str, ...]:
    """Return the absolute -f files: settings, COMPOSE_FILE, the containers' own, or the defaults.

    Raises Unreadable (no-compose-file).
    """
    separator = os.environ.get("COMPOSE_PATH_SEPARATOR", os.pathsep)
    listed = _setting("COMPOSE_FILE", folder).split(separator)
    named = group(environment, Settings).files or [name for name in listed if name]
    if named:
        return _existing([folder / name for name in named])
    for container in containers:
        paths = _local(folder, container, container.files)
        if paths and all(path.is_file() for path in paths):
            return tuple(map(str, paths))
    return _existing(_defaults(folder))


def env_files(
    environment: Environment, folder: Path, containers: Sequence[Container]
) -> tuple[str, ...]:
    """Return the absolute env files: from the settings, those of the deploy, or .env."""
    if configured := group(environment, Settings).env_files:
        return tuple(str(folder / name) for name in configured)
    for container in containers:
        if paths := _local(folder, container, container.env_files):
            return tuple(map(str, paths))
    return (str(folder / ".env"),)


def _is_compose_file(path: Path) -> bool:
    return path.suffix in (".yml", ".yaml") and "compose" in path.name


def _includes(root: Path, path: Path) -> bool:
    """Whether the compose file of the root is the project, and `path` only a part of it."""
    top = _first(root)
    if top is None:
        return False
    try:
        return str(path) in sources.named_by([(str(top), texts.read(str(top)) or "")])
    except Unreadable:
        return False


def _first(folder: Path) -> Path | None:
    """Return the compose file that Compose itself would take."""
    return next((folder / name for name in _NAMES if (folder / name).is_file()), None)


def _setting(variable: str, folder: Path) -> str:
    """Return a variable of Compose itself, from the shell or the project's .env."""
    of_file = variables.env_file(texts.read(str(folder / ".env")) or "")
    return os.environ.get(variable) or of_file.get(variable) or ""


def _name_in_file(folder: Path) -> str | None:
    path = _first(folder)
    match = _NAME_KEY.search(path.read_text(errors="replace")) if path else None
    return match[1] if match else None


def _local(folder: Path, container: Container, labelled: Sequence[str]) -> list[Path]:
    """Return the local files for a label: a rollback's copies lead to their originals.

    A file of the deploy's folder is the same file in this folder.
    """
    paths = (Path(os.path.normpath(path)) for path in _behind(folder, container, labelled))
    return list(dict.fromkeys(paths))


def _behind(folder: Path, container: Container, labelled: Sequence[str]) -> Iterator[Path]:
    base = container.directory or str(folder)
    for name in labelled:
        if name == "-":  # standard input
            continue
        path = Path(base, name)
        originals = state_files.originals(folder, path)
        if originals is not None:
            yield from originals
            continue
        local = folder / os.path.relpath(path, base)
        yield local if local.is_file() else path


def _defaults(folder: Path) -> list[Path]:
    first = _first(folder) or folder / _NAMES[0]
    overrides = (folder / f"{first.stem}.override{end}" for end in (".yml", ".yaml"))
    return [first, *[path for path in overrides if path.is_file()][:1]]


def _existing(paths: Sequence[Path]) -> tuple[str, ...]:
    for path in paths:
        if not path.is_file():
            message = f"there is no compose file {path}: it was moved or removed"
            fix = "set `directory` and `files` in .claude/deployment-rollback.yml"
            raise Unreadable("no-compose-file", message, fix)
    return tuple(str(path.resolve()) for path in paths)
