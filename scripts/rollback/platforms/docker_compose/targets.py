"""Which Compose project is meant: its name, folder, files and services, told by settings, files and running containers."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rollback.settings.environment import Environment
from rollback.errors import NothingToRollBackTo, Unreadable, Usage
from rollback.model import Target
from rollback.platforms.docker_compose import (
    containers,
    engine,
    files,
    git_source,
    roles,
    state_files,
    variables,
    volumes,
)
from rollback.platforms.docker_compose import source as sources
from rollback.platforms.docker_compose.containers import Container
from rollback.shell import Shell
from rollback.text import clean

_NAMES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")


def targets(environment: Environment, shell: Shell) -> list[Target]:
    """The one project of this environment.

    Raises Unreadable (docker-*, compose-*, no-compose-file, swarm-unsupported), Usage (which-project) and
    NothingToRollBackTo (nothing-deployed) when it has no container.
    """
    id = engine.identify(shell)
    everything = containers.of(shell)
    folder = _folder(environment, everything)
    name = _name(environment, folder, everything)
    ours = [container for container in everything if container.project == name]
    if not ours:
        _refuse_swarm(shell, name)
        raise _nothing_deployed(environment, folder, name, everything, shell)
    details = _details(environment, folder, ours, shell)
    return [
        Target(
            environment.name, "docker-compose", name, f"{id}/{name}", environment.protected, details
        )
    ]


def _details(
    environment: Environment, folder: Path, ours: Sequence[Container], shell: Shell
) -> dict[str, Any]:
    tool, version = engine.compose_tool(shell, ours[0].made_by)
    details: dict[str, Any] = {
        "project": ours[0].project,
        "folder": str(folder),
        "directory": _directory(environment, folder, ours),
        "files": _files(environment, folder, ours),
        "env_files": _env_files(environment, folder, ours),
        "tool": tool,
        "tool_version": version,
        "made_by": ours[0].made_by,
        "profiles": environment.settings.profiles,
    }
    return {
        **details,
        **roles.sort(environment, ours, _declared(details)),
        "anonymous": volumes.anonymous(ours, shell),
    }


def _folder(environment: Environment, everything: Sequence[Container]) -> Path:
    """The project's folder here: settings, else where something runs from, else where the detected compose file lies."""
    root = environment.project
    if environment.settings.directory:
        return (root / environment.settings.directory).resolve()
    places = (root / evidence.path for evidence in environment.evidence)
    detected = [
        path for path in places if path.suffix in (".yml", ".yaml") and "compose" in path.name
    ]
    folders = [*dict.fromkeys(path.parent.resolve() for path in detected), root.resolve()]
    running = {
        os.path.realpath(container.directory) for container in everything if container.directory
    }
    if in_use := next((folder for folder in folders if str(folder) in running), None):
        return in_use
    return root.resolve() if not detected or _includes(root, detected[0]) else folders[0]


def _includes(root: Path, path: Path) -> bool:
    """Whether the file on top is the project, and `path` only a part of it."""
    top = next((root / name for name in _NAMES if (root / name).is_file()), None)
    if top is None:
        return False
    try:
        return str(path) in sources.named_by([(str(top), files.read(str(top)) or "")])
    except Unreadable:
        return False


def _directory(environment: Environment, folder: Path, ours: Sequence[Container]) -> str:
    """The folder that the containers' relative paths start from: a checkout elsewhere must not move their mounts."""
    if environment.settings.directory:
        return str(folder)
    return next((container.directory for container in ours if container.directory), str(folder))


def _name(environment: Environment, folder: Path, everything: Sequence[Container]) -> str:
    """What was asked for, else what runs from this folder, else Compose's own default."""
    if environment.settings.project:
        return environment.settings.project
    here = {
        one.project
        for one in everything
        if one.directory and os.path.realpath(one.directory) == str(folder)
    }
    known = {container.project for container in everything}
    known_variables = variables.env_file(files.read(str(folder / ".env")) or "")
    wanted = (
        os.environ.get("COMPOSE_PROJECT_NAME")
        or known_variables.get("COMPOSE_PROJECT_NAME")
        or _name_in_file(folder)
    )
    if wanted and (wanted in known or not here):
        return wanted
    if len(here) > 1:
        message = f"several projects run from {folder}: {', '.join(sorted(here))}"
        raise Usage(
            "which-project",
            message,
            f"set `project` for environment {environment.name} in .claude/deployment-rollback.yml",
        )
    return here.pop() if here else re.sub(r"[^-_a-z0-9]", "", folder.name.lower()).lstrip("-_")


def _name_in_file(folder: Path) -> str | None:
    for name in _NAMES:
        if (folder / name).is_file():
            text = (folder / name).read_text(errors="replace")
            match = re.search(
                r"^name:\s*[\"']?([a-z0-9][-_a-z0-9]*)[\"']?\s*(?:#.*)?$", text, re.MULTILINE
            )
            return match[1] if match else None
    return None


def _files(environment: Environment, folder: Path, ours: Sequence[Container]) -> list[str]:
    """The -f files, absolute: settings, COMPOSE_FILE, what the containers were made from, else the default names."""
    known_variables = variables.env_file(files.read(str(folder / ".env")) or "")
    listed = os.environ.get("COMPOSE_FILE") or known_variables.get("COMPOSE_FILE") or ""
    separator = os.environ.get("COMPOSE_PATH_SEPARATOR", os.pathsep)
    named = environment.settings.files or tuple(filter(None, listed.split(separator)))
    if named:
        return _existing([folder / name for name in named])
    for container in ours:
        paths = _here(folder, container, container.files)
        if paths and all(path.is_file() for path in paths):
            return [str(path) for path in paths]
    return _existing(_defaults(folder))


def _env_files(environment: Environment, folder: Path, ours: Sequence[Container]) -> list[str]:
    """The files that fill in ${VARIABLES}, absolute: settings, what the deploy was given, else .env."""
    if environment.settings.env_files:
        return [str(folder / name) for name in environment.settings.env_files]
    for container in ours:
        if paths := _here(folder, container, container.env_files):
            return [str(path) for path in paths]
    return [str(folder / ".env")]


def _here(folder: Path, container: Container, recorded: Sequence[str]) -> list[Path]:
    """Files that a label names, in this folder: of copies of ours their originals, of a deploy's folder the same place here."""
    base = container.directory or str(folder)
    found: list[Path] = []
    for name in recorded:
        if name == "-":
            continue
        path = Path(base, name)
        behind = state_files.originals(folder, path)
        if behind is None:
            local = folder / os.path.relpath(path, base)
            behind = [local if local.is_file() else path]
        found += behind
    return list(dict.fromkeys(Path(os.path.normpath(path)) for path in found))


def _defaults(folder: Path) -> list[Path]:
    first = next(
        (folder / name for name in _NAMES if (folder / name).is_file()), folder / _NAMES[0]
    )
    overrides = (folder / f"{first.stem}.override{end}" for end in (".yml", ".yaml"))
    return [first, *[path for path in overrides if path.is_file()][:1]]


def _existing(paths: Sequence[Path]) -> list[str]:
    for path in paths:
        if not path.is_file():
            fix = "set `directory` and `files` in .claude/deployment-rollback.yml"
            raise Unreadable(
                "no-compose-file", f"there is no compose file {path}: it was moved or removed", fix
            )
    return [str(path.resolve()) for path in paths]


def _declared(details: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The services of today's files, as far as they can be read: only evidence of what each is for."""
    try:
        return files.today(details).services()
    except Unreadable:
        return {}


def _nothing_deployed(
    environment: Environment, folder: Path, name: str, everything: Sequence[Container], shell: Shell
) -> NothingToRollBackTo:
    """Names what does run on this engine, and the setting that picks one of them."""
    projects = {container.project: container.directory for container in everything}
    message = f"no container of Compose project {name} runs on this engine"
    fix = "deploy once first"
    if projects:
        listed = [
            f"{clean(project, 60)} (from {clean(place, 80)})"
            for project, place in sorted(projects.items())
        ]
        more = f" and {len(listed) - 5} more" if len(listed) > 5 else ""
        message += f"; projects that do: {', '.join(listed[:5])}{more}"
        setting = f"environments.{environment.name}.project: {clean(min(projects), 60)}"
        fix = f"name one in .claude/deployment-rollback.yml ({setting}), or deploy once first"
    if git_source.is_shallow({"folder": str(folder)}, shell):
        message += "; this clone is shallow: older releases are not in it"
        fix += "; fetch the history: git fetch --unshallow --tags"
    return NothingToRollBackTo("nothing-deployed", message, fix)


def _refuse_swarm(shell: Shell, name: str) -> None:
    """A stack of that name means Swarm deploys it, which keeps its own history."""
    if engine.read(
        shell, "ps", "--all", "--quiet", "--filter", f"label=com.docker.stack.namespace={name}"
    ).strip():
        raise Unreadable(
            "swarm-unsupported",
            f"{name} is a Swarm stack: recognised, but not rolled back",
            "use: docker service rollback SERVICE",
        )
