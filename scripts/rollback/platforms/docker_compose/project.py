"""Which Compose project is meant: its name, folder, files and services, told by settings, files and running containers."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from rollback.environment import Environment
from rollback.errors import Unreadable, Usage
from rollback.model import Target
from rollback.platforms.docker_compose import containers, engine, services, sources
from rollback.platforms.docker_compose.containers import Container
from rollback.platforms.docker_compose.payload import original
from rollback.shell import Shell

_NAMES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")


def targets(environment: Environment, shell: Shell) -> list[Target]:
    """The one project of this environment; none when it has no container. Raises Unreadable, Usage (which-project, no-compose-file)."""
    id = engine.identify(shell)
    folder = _folder(environment)
    everything = containers.of(shell)
    name = _name(environment, folder, everything)
    ours = [one for one in everything if one.project == name]
    if not ours:
        _refuse_swarm(shell, name)
        return []
    files = _files(environment, folder, ours)
    tool, version = engine.compose_tool(shell, ours[0].made_by)
    details = {
        "project": name, "directory": str(folder), "files": files, "tool": tool, "tool_version": version, "made_by": ours[0].made_by,
        "profiles": environment.settings.profiles, "env_files": [str(folder / one) for one in environment.settings.env_files],
        **services.sorts(environment, folder, ours),
    }  # fmt: skip
    return [Target(environment.name, "docker-compose", name, f"{id}/{name}", environment.protected, details)]


def _folder(environment: Environment) -> Path:
    """The project directory: settings, else where the compose file that was detected lies."""
    root = environment.project
    if environment.settings.directory:
        return (root / environment.settings.directory).resolve()
    for evidence in environment.evidence:
        place = root / evidence.path
        if place.suffix in (".yml", ".yaml") and "compose" in place.name:
            return place.parent.resolve()
    return root.resolve()


def _name(environment: Environment, folder: Path, everything: Sequence[Container]) -> str:
    """What was asked for, else what runs from this folder, else Compose's own default."""
    if environment.settings.project:
        return environment.settings.project
    here = {one.project for one in everything if one.directory and os.path.realpath(one.directory) == str(folder)}
    known = {one.project for one in everything}
    variables = _dotenv(folder)
    said = os.environ.get("COMPOSE_PROJECT_NAME") or variables.get("COMPOSE_PROJECT_NAME") or _name_in_file(folder)
    if said and (said in known or not here):
        return said
    if len(here) > 1:
        message = f"several projects run from {folder}: {', '.join(sorted(here))}"
        raise Usage("which-project", message, f"set `project` for environment {environment.name} in .claude/deployment-rollback.yml")
    return here.pop() if here else re.sub(r"[^-_a-z0-9]", "", folder.name.lower()).lstrip("-_")


def _dotenv(folder: Path) -> dict[str, str]:
    return sources.env_variables({"directory": str(folder), "env_files": ()})


def _name_in_file(folder: Path) -> str | None:
    for name in _NAMES:
        if (folder / name).is_file():
            match = re.search(r"^name:\s*[\"']?([a-z0-9][-_a-z0-9]*)[\"']?\s*(?:#.*)?$", (folder / name).read_text(errors="replace"), re.MULTILINE)
            return match[1] if match else None
    return None


def _files(environment: Environment, folder: Path, ours: Sequence[Container]) -> list[str]:
    """The -f files, absolute: settings, COMPOSE_FILE, what the containers were made from, else the default names."""
    variables = _dotenv(folder)
    listed = os.environ.get("COMPOSE_FILE") or variables.get("COMPOSE_FILE") or ""
    named = environment.settings.files or tuple(filter(None, listed.split(os.environ.get("COMPOSE_PATH_SEPARATOR", os.pathsep))))
    if named:
        return _existing([folder / name for name in named])
    for one in ours:
        recorded = [original(folder, Path(one.directory or folder, name)) for name in one.files]
        paths = [path for path in recorded if path is not None]
        if paths and all(path.is_file() for path in paths):
            return [str(path) for path in paths]
    return _existing(_defaults(folder))


def _defaults(folder: Path) -> list[Path]:
    first = next((folder / name for name in _NAMES if (folder / name).is_file()), folder / _NAMES[0])
    stem = first.name.rpartition(".")[0]
    override = next((folder / f"{stem}.override{end}" for end in (".yml", ".yaml") if (folder / f"{stem}.override{end}").is_file()), None)
    return [first, *([override] if override else [])]


def _existing(paths: Sequence[Path]) -> list[str]:
    for path in paths:
        if not path.is_file():
            fix = "set `directory` and `files` in .claude/deployment-rollback.yml"
            raise Unreadable("no-compose-file", f"there is no compose file {path}: it was moved or removed", fix)
    return [str(path.resolve()) for path in paths]


def _refuse_swarm(shell: Shell, name: str) -> None:
    """A stack of that name means Swarm deploys it, which keeps its own history."""
    if engine.read(shell, "ps", "--all", "--quiet", "--filter", f"label=com.docker.stack.namespace={name}").strip():
        raise Unreadable("swarm-unsupported", f"{name} is a Swarm stack: recognised, but not rolled back", "use: docker service rollback SERVICE")
