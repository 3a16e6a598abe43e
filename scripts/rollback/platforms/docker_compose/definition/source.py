"""Compose files as written: services, images and variables, never resolved values."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from msgspec import Struct

from rollback.errors import Unreadable
from rollback.platforms.docker_compose.definition.variables import env_file
from rollback.text import clean


class Source(Struct, frozen=True):
    """The files of one project at one time, each an absolute path and its text.

    `files` are those of -f, in order; `beside` are those that they include, extend or take
    variables from; `env` fill in ${VARIABLES}, in order; `in_git` are those of `env` whose text is
    git's, so no secret of this machine.
    """

    files: tuple[tuple[str, str], ...]
    beside: tuple[tuple[str, str], ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    in_git: tuple[str, ...] = ()

    @property
    def variables(self) -> dict[str, str]:
        """Return the variables of `env`, and under them those of included projects' .env files."""
        values: dict[str, str] = {}
        texts = [text for path, text in self.beside if os.path.basename(path) == ".env"]
        for text in (*texts, *(text for _, text in self.env)):
            values |= env_file(text)
        return values

    def services(self) -> dict[str, dict[str, Any]]:
        """Return service -> its keys; later files win over earlier ones, and these over includes.

        Read without Compose, so that a long history costs little: images, commands and dependencies
        are right, the rest is left to Compose (see merged.py).
        """
        texts = dict(self.beside) | dict(self.files)
        merged: dict[str, dict[str, Any]] = {}
        for path, _ in self.files:
            for service, keys in _of_file(path, texts, 8).items():
                merged[service] = {**merged.get(service, {}), **keys}
        return {service: _extended(service, merged) for service in merged}

    def missing(self) -> list[str]:
        """Return the files that this source names and does not hold."""
        known = {path for path, _ in (*self.files, *self.beside)}
        return sorted({path for path in named_by(self.files + self.beside) if path not in known})


def named_by(files: Iterable[tuple[str, str]]) -> set[str]:
    """Return absolute paths of included and extended files; paths with variables are left out."""
    paths: set[str] = set()
    for path, text in files:
        if path.endswith(ENDINGS):
            document = _parse(path, text)
            paths |= {other for entry in _includes(document) for other in _resolved(path, entry)}
            paths |= set(_resolved(path, *_extended_files(document)))
    return paths


def variable_files(files: Iterable[tuple[str, str]]) -> set[str]:
    """Return absolute paths of the env files of services and of included projects."""
    paths: set[str] = set()
    for path, text in files:
        if path.endswith(ENDINGS):
            document = _parse(path, text)
            for keys in _services(document).values():
                paths |= set(_resolved(path, *_listed(keys.get("env_file"))))
            for entry in _includes(document):
                paths |= set(_resolved(path, *_env_files_of(entry)))
    return paths


def _env_files_of(include: Any) -> list[Any]:
    """Return an included project's env files: its own list, else .env beside its first file."""
    files = include.get("env_file") if isinstance(include, dict) else None
    if files:
        return _listed(files)
    first, *_ = _listed(include.get("path") if isinstance(include, dict) else include) or [None]
    return [os.path.join(os.path.dirname(str(first)), ".env")] if first else []


def _listed(entries: Any) -> list[Any]:
    """Return the entries of a key that takes one or several."""
    if not entries:
        return []
    return [entries] if isinstance(entries, (str, dict)) else list(entries)


ENDINGS = (".yml", ".yaml", ".json")


def _of_file(path: str, texts: Mapping[str, str], depth: int) -> dict[str, dict[str, Any]]:
    """Return the services of a file and, below them, of what it includes."""
    document = _parse(path, texts[path])
    services: dict[str, dict[str, Any]] = {}
    for entry in _includes(document) if depth else ():
        for other in _resolved(path, entry):
            if other in texts:
                for service, keys in _of_file(other, texts, depth - 1).items():
                    services[service] = {**services.get(service, {}), **keys}
    for service, keys in _services(document).items():
        services[service] = {
            **services.get(service, {}),
            **_from_other_file(path, keys, texts, depth),
        }
    return services


def _from_other_file(
    path: str, keys: dict[str, Any], texts: Mapping[str, str], depth: int
) -> dict[str, Any]:
    """Return a service with the keys that it extends from another file."""
    parent = keys.get("extends")
    if not isinstance(parent, dict) or not parent.get("file") or not depth:
        return keys
    for other in _resolved(path, parent["file"]):
        if other in texts:
            taken = _of_file(other, texts, depth - 1)
            service = str(parent.get("service"))
            return {**(_extended(service, taken) if service in taken else {}), **keys}
    return keys


def _includes(document: Mapping[str, Any]) -> list[Any]:
    entries = document.get("include")
    return entries if isinstance(entries, list) else []


def _extended_files(document: Mapping[str, Any]) -> Iterator[str]:
    for keys in _services(document).values():
        if isinstance(parent := keys.get("extends"), dict) and isinstance(parent.get("file"), str):
            yield parent["file"]


def _resolved(path: str, *entries: Any) -> list[str]:
    """Return absolute paths, in order, of what a file names; an entry may be {path: ...}."""
    folder = os.path.dirname(path)
    paths = []
    for entry in entries:
        for name in _listed(entry.get("path") if isinstance(entry, dict) else entry):
            if isinstance(name, str) and "$" not in name and "://" not in name:
                paths.append(os.path.normpath(os.path.join(folder, name)))
    return paths


def _services(document: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    services = document.get("services") or {}
    if not isinstance(services, dict):
        return {}
    return {str(service): keys for service, keys in services.items() if isinstance(keys, dict)}


@cache
def _parse(name: str, text: str) -> dict[str, Any]:
    import yaml

    class Loader(yaml.SafeLoader):
        """Ignore Compose's merge tags (!reset, !override) and keep their values."""

    Loader.add_multi_constructor("!", _untagged)
    try:
        document = yaml.load(text, Loader)  # noqa: S506  (a safe loader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        message = f"{name} is not valid YAML: {clean(str(error))}"
        raise Unreadable(
            "compose-unparsable", message, "correct the file, or name another with `files`"
        ) from None
    return document if isinstance(document, dict) else {}


def _untagged(loader: Any, tag: str, node: Any) -> Any:
    build = {
        "scalar": loader.construct_scalar,
        "sequence": loader.construct_sequence,
        "mapping": loader.construct_mapping,
    }
    return build[node.id](node) if node.id == "scalar" else build[node.id](node, deep=True)


def _extended(service: str, all: Mapping[str, dict[str, Any]], depth: int = 5) -> dict[str, Any]:
    """Return a service with the keys that it extends from another service of the same files."""
    keys = all[service]
    parent = keys.get("extends")
    parent = parent.get("service") if isinstance(parent, dict) and "file" not in parent else parent
    if not isinstance(parent, str) or parent not in all or not depth:
        return keys
    return {**_extended(parent, all, depth - 1), **keys}
