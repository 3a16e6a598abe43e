"""A release's compose files put together by Compose itself: includes, extends and overrides merged, variables still by name."""

from __future__ import annotations

import copy
import os
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from rollback.records import scratch
from rollback.model import Command
from rollback.platforms.docker_compose import commands, engine, files, state_files, variables
from rollback.platforms.docker_compose.source import Source
from rollback.shell import Shell, last_line

FOLDER = "ROLLBACK_STATE"  # the variable that leads the definition to its own env files, wherever the run folder lies


class Definition(Struct, frozen=True):
    """`texts` are the files of state/ that make it up, by name; `problem` says why there is none.

    `required`: service -> env files that it cannot do without and that lie beside the project.
    """

    services: dict[str, Any] = {}
    texts: dict[str, str] = {}
    required: dict[str, tuple[str, ...]] = {}
    problem: str = ""


class Resolved(Struct, frozen=True):
    """What Compose would start here and now, with all values; kept in memory only."""

    services: dict[str, Any] = {}
    networks: dict[str, Any] = {}
    volumes: dict[str, Any] = {}
    handed_in: tuple[str, ...] = ()  # paths of the files behind configs and secrets
    problem: str = ""


def put_together(details: Mapping[str, Any], source: Source, side: str, shell: Shell) -> Definition:
    """Merge the files in a folder of their own, as Compose does it. A problem is part of the answer."""
    known: dict[Any, Definition] = shell.__dict__.setdefault("compose_definitions", {})
    key = (side, source)
    if key not in known:
        known[key] = (
            _raw(details, source, side)
            if state_files.is_old(details)
            else _merged(details, source, side, shell)
        )
    return known[key]


def resolve(details: Mapping[str, Any], source: Source, side: str, shell: Shell) -> Resolved:
    """What this definition would start with today's shell and files."""
    made = put_together(details, source, side, shell)
    if made.problem:
        return Resolved(problem=made.problem)
    with scratch.holding({f"state/{name}": text for name, text in made.texts.items()}) as folder:
        given = [
            name if name.startswith("/") else str(folder / name)
            for name in state_files.names(side, source, details)
        ]
        env_files = [
            str(folder / name) for name in state_files.env_names(side, source, details)
        ]  # an absolute one stays
        answer = shell.ask(
            _config({**details, "env_files": env_files}, given, source, str(folder / "state"))
        )
    if answer.status:
        return Resolved(problem=_reason(answer.stderr, source))
    found = _parsed(answer.stdout)
    entries = [*_part(found, "configs").values(), *_part(found, "secrets").values()]
    handed_in = tuple(str(entry["file"]) for entry in entries if entry.get("file"))
    return Resolved(
        _part(found, "services"), _part(found, "networks"), _part(found, "volumes"), handed_in
    )


def _reason(stderr: str, source: Source) -> str:
    """Why Compose refuses, without the values that it shows."""
    line = last_line(stderr)
    if re.search(r"(?:failed to read|unterminated|unexpected character)", line):
        return re.sub(r"[\"'].*", "***", line)
    values = {
        *source.variables.values(),
        *(os.environ.get(name, "") for name in files.names(source)),
    }
    for value in sorted((value for value in values if len(value) > 3), key=len, reverse=True):
        line = line.replace(value, "***")
    return line


def _part(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {str(key): keys or {} for key, keys in (document.get(name) or {}).items()}


def _merged(details: Mapping[str, Any], source: Source, side: str, shell: Shell) -> Definition:
    import yaml

    texts = {files.inside(details, path): text for path, text in (*source.files, *source.beside)}
    with scratch.holding(texts) as folder:
        moved = {
            **details,
            "directory": str(scratch.within(folder, details["directory"])),
            "env_files": [],
        }
        given = [
            str(scratch.within(folder, files.inside(details, path))) for path, _ in source.files
        ]
        answer = shell.ask(_config(moved, given, source, str(folder), "--no-interpolate"))
    if answer.status:
        return Definition(problem=_reason(answer.stderr, source).replace(str(folder), ""))
    document = copy.deepcopy(
        _parsed(answer.stdout.replace(str(folder), ""))
    )  # the answer is kept, and this one is changed
    services = _part(document, "services")
    texts = _copies(source, side, details) | _own_variables(services, source, details, side)
    required = {name: tuple(_required(keys)) for name, keys in services.items()}
    for name, keys in services.items():
        _pin_down(name, keys, details)
    for kind in ("network", "volume"):
        _keep_existing(document.get(f"{kind}s") or {}, kind, source, shell)
    (name,) = state_files.names(side, source, details)
    texts[name.removeprefix("state/")] = yaml.safe_dump(
        {**document, "services": services}, width=10_000
    )
    return Definition(services, texts, required)


def _raw(details: Mapping[str, Any], source: Source, side: str) -> Definition:
    given = zip(
        state_files.names(side, source, details), (text for _, text in source.files), strict=True
    )
    copies = {name.removeprefix("state/"): text for name, text in given if not name.startswith("/")}
    return Definition(source.services(), _copies(source, side, details) | copies)


def _copies(source: Source, side: str, details: Mapping[str, Any]) -> dict[str, str]:
    texts = dict(source.env)
    return {name: texts[path] for path, name in state_files.copied(side, source, details).items()}


def _own_variables(
    services: Mapping[str, Any], source: Source, details: Mapping[str, Any], side: str
) -> dict[str, str]:
    """Give a service the env file of its release where that had another text than lies here today."""
    texts = {}
    here = {files.inside(details, path): (path, text) for path, text in source.beside}
    for keys in services.values():
        for entry in keys.get("env_file") or ():
            path, text = (
                here.get(entry.get("path", ""), ("", "")) if isinstance(entry, dict) else ("", "")
            )
            if path and files.read(path) != text:
                name = state_files.env_name(side, path, details)
                texts[name] = text
                entry["path"] = f"${{{FOLDER}}}/{name}"
    return texts


def _pin_down(service: str, keys: dict[str, Any], details: Mapping[str, Any]) -> None:
    """Nothing is pulled (a tag means another image today) or built (that would be today's code).

    A service that stays as it is must not stop the rest for want of its env file: who moves is checked before.
    """
    keys.pop("build", None)
    keys.pop("pull_policy", None)
    keys.setdefault("image", f"{details['project']}-{service}")
    if keys.get("volumes"):
        keys["volumes"] = [_undecided(entry) for entry in keys["volumes"]]
    for entry in keys.get("env_file") or ():
        if isinstance(entry, dict):
            entry["required"] = False


def _required(keys: Mapping[str, Any]) -> Iterator[str]:
    for entry in keys.get("env_file") or ():
        if (
            isinstance(entry, dict)
            and entry.get("required", True)
            and not str(entry.get("path")).startswith("$")
        ):
            yield str(entry.get("path"))


def _undecided(entry: Any) -> Any:
    """A mount whose source is a variable: whether that is a path or a volume's name shows only in its value."""
    if (
        isinstance(entry, dict)
        and entry.get("type") == "volume"
        and "$" in str(entry.get("source", ""))
    ):
        return f"{entry['source']}:{entry['target']}{':ro' if entry.get('read_only') else ''}"
    return entry


def _keep_existing(parts: dict[str, Any], kind: str, source: Source, shell: Shell) -> None:
    """Networks and volumes that exist are used as they are: another definition would have Compose make them anew."""
    existing = _existing(kind, shell)
    for key, keys in parts.items():
        name = str((keys or {}).get("name") or key)
        if variables.interpolate(name, {**source.variables, **os.environ}) in existing:
            parts[key] = {"name": name, "external": True}


def _existing(kind: str, shell: Shell) -> set[str]:
    known: dict[str, set[str]] = shell.__dict__.setdefault("compose_existing", {})
    if kind not in known:
        known[kind] = set(engine.read(shell, kind, "ls", "--format", "{{.Name}}").split())
    return known[kind]


def _config(
    details: Mapping[str, Any], given: list[str], source: Source, state: str, *options: str
) -> Command:
    command = commands.compose(
        files.with_profiles(details, source),
        given,
        "config",
        *options,
        variables=files.names(source),
    )
    return replace(command, argv=("env", f"{FOLDER}={state}", *command.argv))


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
