"""Compose files as written: services, images and variables of the raw texts, never the resolved values."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from msgspec import Struct

from rollback.errors import Unreadable
from rollback.text import clean

_VARIABLE = re.compile(r"\$(?:\$|([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?:(:?[-?+])((?:[^{}]|\{[^{}]*\})*))?\})")


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
            found |= set(_resolved(path, *(one.get("path") if isinstance(one, dict) else one for one in entries)))
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


def _from_other_file(path: str, keys: dict[str, Any], texts: Mapping[str, str], depth: int) -> dict[str, Any]:
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
        raise Unreadable("compose-unparsable", message, "correct the file, or name another with `files`") from None
    return document if isinstance(document, dict) else {}


def _untagged(loader: Any, tag: str, node: Any) -> Any:
    build = {"scalar": loader.construct_scalar, "sequence": loader.construct_sequence, "mapping": loader.construct_mapping}
    return build[node.id](node) if node.id == "scalar" else build[node.id](node, deep=True)


def _extended(service: str, all: Mapping[str, dict[str, Any]], depth: int = 5) -> dict[str, Any]:
    """A service with what it takes over from another one of the same files."""
    keys = all[service]
    parent = keys.get("extends")
    parent = parent.get("service") if isinstance(parent, dict) and "file" not in parent else parent
    if not isinstance(parent, str) or parent not in all or not depth:
        return keys
    return {**_extended(parent, all, depth - 1), **keys}


def interpolate(text: str, variables: Mapping[str, str]) -> str | None:
    """The text with its variables filled in; None when one without a default is not set."""
    missing = False

    def fill(match: re.Match[str]) -> str:
        nonlocal missing
        name, operator, word = match[1] or match[2], match[3] or "", match[4] or ""
        if name is None:
            return "$"
        value = variables.get(name)
        there = value is not None and (value != "" or not operator.startswith(":"))
        if operator.endswith("+"):
            return interpolate(word, variables) or "" if there else ""
        if not there and operator.endswith("-"):
            return interpolate(word, variables) or ""
        missing = missing or not there
        return value or ""

    filled = _VARIABLE.sub(fill, text)
    return None if missing else filled


def variables(value: Any) -> Iterator[tuple[str, bool]]:
    """(name, has a default) of every variable that strings anywhere in a value refer to."""
    if isinstance(value, str):
        for match in _VARIABLE.finditer(value):
            if name := match[1] or match[2]:
                yield name, bool(match[3]) and match[3][-1] in "-+"
            yield from variables(match[4] or "")
    elif isinstance(value, (dict, list)):
        for part in value.values() if isinstance(value, dict) else value:
            yield from variables(part)


def passed_through(keys: Mapping[str, Any]) -> set[str]:
    """Variables that a service hands to its containers by name alone (environment: [NAME])."""
    environment = keys.get("environment") or {}
    if isinstance(environment, dict):
        return {str(name) for name, value in environment.items() if value is None}
    return {entry for entry in environment if isinstance(entry, str) and "=" not in entry}


def env_file(text: str) -> dict[str, str]:
    """NAME=value lines, as Compose reads them: comments, `export`, quotes."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        name, equals, value = line.strip().removeprefix("export ").partition("=")
        if equals and not name.startswith("#"):
            value = value.strip()
            quoted = re.match(r"""(["'])(.*)\1""", value)
            found[name.strip()] = quoted[2] if quoted else re.sub(r"\s+#.*", "", value)
    return found


def required(services: Mapping[str, Mapping[str, Any]], names: Iterable[str]) -> dict[str, set[str]]:
    """Variable without a default -> the services among `names` that use it for more than their image."""
    found: dict[str, set[str]] = defaultdict(set)
    for service in names:
        keys = {key: value for key, value in services.get(service, {}).items() if key != "image"}
        for name, has_default in variables(keys):
            if not has_default:
                found[name].add(service)
    return found
