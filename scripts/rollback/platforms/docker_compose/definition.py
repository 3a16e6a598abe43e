"""A release's compose files put together by Compose itself: includes, extends and overrides merged, variables still by name."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from msgspec import Struct
from msgspec.structs import replace

from rollback.platforms.docker_compose import commands, engine, files, roles
from rollback.platforms.docker_compose import source as sources
from rollback.platforms.docker_compose.source import Source
from rollback.shell import Answer, Shell, last_line

FOLDER = "ROLLBACK_STATE"  # the variable that leads the definition to its own env files, wherever the run folder lies


class Definition(Struct, frozen=True):
    """`texts` are the files of state/ that make it up, by name; `problem` says why there is none."""

    services: dict[str, Any] = {}
    texts: dict[str, str] = {}
    problem: str = ""


class Resolved(Struct, frozen=True):
    """What Compose would start here and now, with all values; kept in memory only."""

    services: dict[str, Any] = {}
    networks: dict[str, Any] = {}
    volumes: dict[str, Any] = {}
    problem: str = ""


def names(side: str, source: Source, details: Mapping[str, Any]) -> list[str]:
    """The -f files of a side, as a script names them.

    One file merged by Compose v2. Compose v1 can't merge without filling in values: its files are copied one by one,
    or stay where they are when they extend others by relative paths.
    """
    if not _is_old(details):
        return [f"state/{side}.{'__'.join(_plain(path, details) for path, _ in source.files)}"]
    if sources.named_by(source.files):
        return [path for path, _ in source.files]
    return [f"state/{side}.{_plain(path, details)}" for path, _ in source.files]


def env_names(side: str, source: Source, details: Mapping[str, Any]) -> list[str]:
    """What --env-file is given: copies, so that a rollback does not depend on what lies here today."""
    given = [f"state/{_env_name(side, path, details)}" for path, _ in source.env]
    return given if not _is_old(details) or len(given) == 1 else []


def originals(folder: Path, path: Path) -> list[Path] | None:
    """The files behind a path that a container's label names: [] for our pins, None when it is no copy of ours."""
    side, dot, name = path.name.partition(".")
    if path.parent.name != "state" or side not in ("to", "now", "to-env", "now-env") or not dot:
        return None
    if name == "pins.json":
        return []
    return [folder / unquote(part.replace("_", "%")) for part in name.split("__")]


def put_together(details: Mapping[str, Any], source: Source, side: str, shell: Shell) -> Definition:
    """Merge the files in a folder of their own, as Compose does it. A problem is part of the answer."""
    known: dict[Any, Definition] = shell.__dict__.setdefault("compose_definitions", {})
    key = (side, source)
    if key not in known:
        known[key] = _raw(details, source, side) if _is_old(details) else _merged(details, source, side, shell)
    return known[key]


def resolve(details: Mapping[str, Any], source: Source, side: str, shell: Shell) -> Resolved:
    """What this definition would start with today's shell and files."""
    made = put_together(details, source, side, shell)
    if made.problem:
        return Resolved(problem=made.problem)
    with _folder() as folder:
        state = folder / "state"
        state.mkdir()
        for name, text in made.texts.items():
            (state / name).write_text(text)
        files_given = [name if name.startswith("/") else str(folder / name) for name in names(side, source, details)]
        env_files = [str(folder / name) for name in env_names(side, source, details)]
        answer = _config(details, files_given, env_files, source, shell, state)
    if answer.status:
        return Resolved(problem=last_line(answer.stderr))
    found = _parsed(answer.stdout)
    return Resolved(_part(found, "services"), _part(found, "networks"), _part(found, "volumes"))


def _part(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {str(key): keys or {} for key, keys in (document.get(name) or {}).items()}


def _merged(details: Mapping[str, Any], source: Source, side: str, shell: Shell) -> Definition:
    import yaml

    with _folder() as folder:
        for path, text in (*source.files, *source.beside):
            place = _within(folder, files.inside(details, path))
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)
        moved = {**details, "directory": str(_within(folder, details["directory"]))}
        given = [str(_within(folder, files.inside(details, path))) for path, _ in source.files]
        answer = _config(moved, given, [], source, shell, folder, "--no-interpolate")
    if answer.status:
        return Definition(problem=last_line(answer.stderr).replace(str(folder), ""))
    document = _parsed(answer.stdout.replace(str(folder), ""))
    services = _part(document, "services")
    texts = _copies(source, side, details) | _own_variables(services, source, details, side)
    for name, keys in services.items():
        _pin_down(name, keys, details)
    for kind in ("network", "volume"):
        _keep_existing(document.get(f"{kind}s") or {}, kind, source, shell)
    (name,) = names(side, source, details)
    texts[name.removeprefix("state/")] = yaml.safe_dump({**document, "services": services}, width=10_000)
    return Definition(services, texts)


def _raw(details: Mapping[str, Any], source: Source, side: str) -> Definition:
    given = zip(names(side, source, details), (text for _, text in source.files), strict=True)
    copies = {name.removeprefix("state/"): text for name, text in given if not name.startswith("/")}
    return Definition(source.services(), _copies(source, side, details) | copies)


def _copies(source: Source, side: str, details: Mapping[str, Any]) -> dict[str, str]:
    if not env_names(side, source, details):
        return {}
    return {_env_name(side, path, details): text for path, text in source.env}


def _own_variables(
    services: Mapping[str, Any], source: Source, details: Mapping[str, Any], side: str
) -> dict[str, str]:
    """Give a service the env file of its release where that had another text than lies here today."""
    texts = {}
    here = {files.inside(details, path): (path, text) for path, text in source.beside}
    for keys in services.values():
        for entry in keys.get("env_file") or ():
            path, text = here.get(entry.get("path", ""), ("", "")) if isinstance(entry, dict) else ("", "")
            if path and files.read(path) != text:
                name = _env_name(side, path, details)
                texts[name] = text
                entry["path"] = f"${{{FOLDER}}}/{name}"
    return texts


def _pin_down(service: str, keys: dict[str, Any], details: Mapping[str, Any]) -> None:
    """Nothing is pulled (a tag means another image today) or built (that would be today's code).

    What stays as it is must not stop the rest for want of its env file.
    """
    keys.pop("build", None)
    keys.pop("pull_policy", None)
    keys.setdefault("image", f"{details['project']}-{service}")
    if service not in details["running"] or service in roles.left_alone(details):
        for entry in keys.get("env_file") or ():
            if isinstance(entry, dict):
                entry["required"] = False


def _keep_existing(parts: dict[str, Any], kind: str, source: Source, shell: Shell) -> None:
    """Networks and volumes that exist are used as they are: another definition would have Compose make them anew."""
    existing = _existing(kind, shell)
    for key, keys in parts.items():
        name = str((keys or {}).get("name") or key)
        if sources.interpolate(name, {**source.variables, **os.environ}) in existing:
            parts[key] = {"name": name, "external": True}


def _existing(kind: str, shell: Shell) -> set[str]:
    known: dict[str, set[str]] = shell.__dict__.setdefault("compose_existing", {})
    if kind not in known:
        known[kind] = set(engine.read(shell, kind, "ls", "--format", "{{.Name}}").split())
    return known[kind]


def _config(
    details: Mapping[str, Any],
    given_files: list[str],
    env_files: list[str],
    source: Source,
    shell: Shell,
    folder: Path,
    *options: str,
) -> Answer:
    given = {**files.with_profiles(details, source), "env_files": env_files}
    command = commands.compose(given, given_files, "config", *options, variables=files.names(source))
    return shell.ask(replace(command, argv=("env", f"{FOLDER}={folder}", *command.argv)))


def _plain(path: str, details: Mapping[str, Any]) -> str:
    """Letters, digits, dots, dashes and _XX only."""
    place = Path(path)
    folder = details["folder"]
    relative = str(place.relative_to(folder)) if place.is_relative_to(folder) else path
    return quote(relative, safe="").replace("_", "%5F").replace("~", "%7E").replace("%", "_")


def _env_name(side: str, path: str, details: Mapping[str, Any]) -> str:
    return f"{side}-env.{_plain(path, details)}"


def _is_old(details: Mapping[str, Any]) -> bool:
    return str(details["tool_version"]).startswith("1.")


def _within(folder: Path, path: str) -> Path:
    return folder / path.lstrip("/")


@contextmanager
def _folder() -> Iterator[Path]:
    """A private folder that is gone afterwards: Compose resolves files beside files only on a disk."""
    folder = Path(os.path.realpath(tempfile.mkdtemp(prefix="rollback-")))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@cache
def _parsed(text: str) -> dict[str, Any]:
    import yaml

    class Loader(yaml.SafeLoader):
        """Plain values only."""

    try:
        found = yaml.load(text, Loader)  # noqa: S506  (a safe loader)
    except (yaml.YAMLError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
