"""Compose files merged by Compose itself, with variables still by name.

Includes, extends and overrides are resolved.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from rollback.platforms.docker_compose import memory
from rollback.platforms.docker_compose.definition import config, files, state_files, variables
from rollback.platforms.docker_compose.definition.source import Source
from rollback.platforms.docker_compose.details import Details
from rollback.platforms.docker_compose.engine import client
from rollback.records import scratch
from rollback.shell import Shell


class Definition(Struct, frozen=True):
    """`texts` are its files in state/, by name; `problem` says why there is no definition.

    `required`: service -> env files that it cannot do without and that lie beside the project.
    """

    services: dict[str, Any] = {}
    texts: dict[str, str] = {}
    required: dict[str, tuple[str, ...]] = {}
    problem: str = ""


def put_together(project: Details, source: Source, side: str, shell: Shell) -> Definition:
    """Merge the files of one side of a move ("now" or "to"); the answer is cached."""
    known: dict[tuple[str, Source], Definition] = memory.of(shell).definitions
    key = (side, source)
    if key not in known:
        known[key] = _put_together(project, source, side, shell)
    return known[key]


def _put_together(project: Details, source: Source, side: str, shell: Shell) -> Definition:
    if state_files.is_old(project):
        return _side_by_side(project, source, side)
    document, problem = _merge(project, source, shell)
    if problem:
        return Definition(problem=problem)
    services = config.section(document, "services")
    copies = state_files.copies(project, source, side)
    copies |= _env_files_of_services(services, source, project, side)
    required = {service: tuple(_required(keys)) for service, keys in services.items()}
    for service, keys in services.items():
        _pin_down(service, keys, project)
    networks, volumes = existing(shell)
    _keep_existing(document.get("networks") or {}, networks, source)
    _keep_existing(document.get("volumes") or {}, volumes, source)
    (name,) = state_files.names(side, source, project)
    return Definition(services, copies | {name: _text(document, services)}, required)


def _side_by_side(project: Details, source: Source, side: str) -> Definition:
    """Return the files unchanged, for a Compose that cannot merge them."""
    names = state_files.names(side, source, project)
    texts = (text for _, text in source.files)
    copies = {
        name: text for name, text in zip(names, texts, strict=True) if not state_files.is_path(name)
    }
    return Definition(source.services(), state_files.copies(project, source, side) | copies)


def _merge(project: Details, source: Source, shell: Shell) -> tuple[dict[str, Any], str]:
    """Merge the files with Compose in a scratch folder. Return the document or the problem."""
    texts = {files.inside(project, path): text for path, text in (*source.files, *source.beside)}
    with scratch.holding(texts) as folder:
        directory = str(scratch.within(folder, project.directory))
        moved = replace(project, directory=directory, env_files=())
        given = [
            str(scratch.within(folder, files.inside(project, path))) for path, _ in source.files
        ]
        question = config.command(moved, given, source, str(folder), "--no-interpolate")
        answer = shell.ask(question)
    if answer.status:
        return {}, config.reason(answer.stderr, source).replace(str(folder), "")
    # a copy: the parsed answer is kept, and this one is changed
    return copy.deepcopy(config.parsed(answer.stdout.replace(str(folder), ""))), ""


def _text(document: Mapping[str, Any], services: Mapping[str, Any]) -> str:
    import yaml

    return str(yaml.safe_dump({**document, "services": services}, width=10_000))


def _env_files_of_services(
    services: Mapping[str, Any], source: Source, project: Details, side: str
) -> dict[str, str]:
    """Give each service a copy of its release's env file where the file here has another text."""
    copies = {}
    of_release = {files.inside(project, path): (path, text) for path, text in source.beside}
    for entry in _env_file_entries(services):
        path, text = of_release.get(entry.get("path", ""), ("", ""))
        if path and files.read(path) != text:
            name = state_files.env_name(side, path, project)
            copies[name] = text
            entry["path"] = f"${{{config.FOLDER}}}/{name}"
    return copies


def _env_file_entries(services: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for keys in services.values():
        yield from (entry for entry in keys.get("env_file") or () if isinstance(entry, dict))


def _pin_down(service: str, keys: dict[str, Any], project: Details) -> None:
    """Keep Compose from pulling (the tag has moved) and from building (that is today's code).

    A service that stays as it is must not stop the rest for want of its env file: preflight checks
    the services that move.
    """
    keys.pop("build", None)
    keys.pop("pull_policy", None)
    image = keys.get("image") or f"{project.name}-{service}"
    keys["image"] = variables.optional(image)  # what moves is pinned by its id
    if keys.get("volumes"):
        keys["volumes"] = [_undecided(entry) for entry in keys["volumes"]]
    for entry in _env_file_entries({service: keys}):
        entry["required"] = False


def _required(keys: Mapping[str, Any]) -> Iterator[str]:
    """Return a service's env files that must exist here; copies in state/ always do."""
    for entry in _env_file_entries({"": keys}):
        path = str(entry.get("path"))
        if entry.get("required", True) and not path.startswith("$"):
            yield path


def _undecided(entry: Any) -> Any:
    """Write a variable mount source in short form: its value decides, path or volume."""
    if not isinstance(entry, dict) or entry.get("type") != "volume":
        return entry
    if "$" not in str(entry.get("source", "")):
        return entry
    return f"{entry['source']}:{entry['target']}{':ro' if entry.get('read_only') else ''}"


def _keep_existing(parts: dict[str, Any], existing: set[str], source: Source) -> None:
    """Use existing networks and volumes as they are; Compose would recreate changed ones."""
    for key, keys in parts.items():
        name = str((keys or {}).get("name") or key)
        if variables.interpolate(name, {**source.variables, **os.environ}) in existing:
            parts[key] = {"name": name, "external": True}


def existing(shell: Shell) -> tuple[set[str], set[str]]:
    """Read the names of the engine's networks and volumes, once."""
    known = memory.of(shell)
    if known.existing is None:
        names = ("ls", "--format", "{{.Name}}")
        networks, volumes = client.read_all(shell, ("network", *names), ("volume", *names))
        known.existing = set(networks.split()), set(volumes.split())
    return known.existing
