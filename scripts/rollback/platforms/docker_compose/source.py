"""Compose files as written: services, images and variables of the raw texts, never the resolved values."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from msgspec import Struct

from rollback.errors import Unreadable
from rollback.platforms.docker_compose.variables import env_file
from rollback.text import clean


class Source(Struct, frozen=True):
    """The files of one project at one time, each an absolute path and its text.

    `files` are those of -f, in order; `beside` what they include, extend or take variables from; `env` the files
    that fill in ${VARIABLES}, in order; `in_git` those of `env` whose text is git's, so no secret of this machine.
    """

    files: tuple[tuple[str, str], ...]
    beside: tuple[tuple[str, str], ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    in_git: tuple[str, ...] = ()

    @property
    def variables(self) -> dict[str, str]:
        """What the files in `env` say, and below them the .env of included projects."""
        found: dict[str, str] = {}
        texts = [text for path, text in self.beside if os.path.basename(path) == ".env"]
        for text in (*texts, *(text for _, text in self.env)):
            found |= env_file(text)
        return found

    def services(self) -> dict[str, dict[str, Any]]:
        """Service -> its keys, later files over earlier ones, includes below them. Raises Unreadable (compose-...).

        Read without Compose, so that a long history costs little: images, commands and dependencies are right,
        the rest is Compose's own business (see definition.py).
        """
        texts = dict(self.beside) | dict(self.files)
        merged: dict[str, dict[str, Any]] = {}
        for path, _ in self.files:
            for service, keys in _of_file(path, texts, 8).items():
                merged[service] = {**merged.get(service, {}), **keys}
        return {service: _extended(service, merged) for service in merged}

    def missing(self) -> list[str]:
        """Files that this source names and that are not in it."""
        known = {path for path, _ in (*self.files, *self.beside)}
        return sorted({path for path in named_by(self.files + self.beside) if path not in known})


def named_by(files: Iterable[tuple[str, str]]) -> set[str]:
    """Absolute paths of the compose files that these files include or extend; what holds a variable is left out."""
    found: set[str] = set()
    for path, text in files:
        if path.endswith(ENDINGS):
            document = _parse(path, text)
            found |= {other for entry in _includes(document) for other in _resolved(path, entry)}
            found |= set(_resolved(path, *_extended_files(document)))
    return found


def variable_files(files: Iterable[tuple[str, str]]) -> set[str]:
    """Absolute paths of the files that give services or included projects their variables."""
    found: set[str] = set()
    for path, text in files:
        if not path.endswith(ENDINGS):
            continue
        document = _parse(path, text)
        for keys in _services(document).values():
            entries = keys.get("env_file") or ()
            entries = [entries] if isinstance(entries, (str, dict)) else entries
            found |= set(
                _resolved(
                    path, *(one.get("path") if isinstance(one, dict) else one for one in entries)
                )
            )
        for entry in _includes(document):
            places = entry.get("path") if isinstance(entry, dict) else entry
            first = next(iter([places] if isinstance(places, str) else places or ()), None)
            own = entry.get("env_file") if isinstance(entry, dict) else None
            named = [own] if isinstance(own, str) else own or ()
            found |= set(_resolved(path, *named))
            if first and not own:
                found |= set(_resolved(path, os.path.join(os.path.dirname(str(first)), ".env")))
    return found


ENDINGS = (".yml", ".yaml", ".json")


def _of_file(path: str, texts: Mapping[str, str], depth: int) -> dict[str, dict[str, Any]]:
    """The services of a file and, below them, of what it includes."""
    document = _parse(path, texts[path])
    found: dict[str, dict[str, Any]] = {}
    for entry in _includes(document) if depth else ():
        for other in _resolved(path, entry):
            if other in texts:
                for service, keys in _of_file(other, texts, depth - 1).items():
                    found[service] = {**found.get(service, {}), **keys}
    for service, keys in _services(document).items():
        found[service] = {**found.get(service, {}), **_from_other_file(path, keys, texts, depth)}
    return found


def _from_other_file(
    path: str, keys: dict[str, Any], texts: Mapping[str, str], depth: int
) -> dict[str, Any]:
    """A service with what it takes over from a service of another file."""
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
    """Absolute paths, in order, of what a file names relative to itself; an entry may be {path: ...}, too."""
    found = []
    for entry in entries:
        places = entry.get("path") if isinstance(entry, dict) else entry
        for place in [places] if isinstance(places, str) else places or ():
            if isinstance(place, str) and "$" not in place and "://" not in place:
                found.append(os.path.normpath(os.path.join(os.path.dirname(path), place)))
    return found


def _services(document: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    found = document.get("services") or {}
    if not isinstance(found, dict):
        return {}
    return {str(service): keys for service, keys in found.items() if isinstance(keys, dict)}


@cache
def _parse(name: str, text: str) -> dict[str, Any]:
    import yaml

    class Loader(yaml.SafeLoader):
        """Compose's own tags (!reset, !override) say how to merge; their value is what matters here."""

    Loader.add_multi_constructor("!", _untagged)
    try:
        document = yaml.load(text, Loader)  # noqa: S506  (a safe loader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        message = f"{name} is not readable YAML: {clean(str(error))}"
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
    """A service with what it takes over from another one of the same files."""
    keys = all[service]
    parent = keys.get("extends")
    parent = parent.get("service") if isinstance(parent, dict) and "file" not in parent else parent
    if not isinstance(parent, str) or parent not in all or not depth:
        return keys
    return {**_extended(parent, all, depth - 1), **keys}
