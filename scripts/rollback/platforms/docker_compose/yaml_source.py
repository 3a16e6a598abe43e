"""Compose files as written: services, images and variables of the raw text, never the resolved values."""

from __future__ import annotations

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
    """The files of one project at one time: (name, text), in the order of -f. `variables` come from its env files."""

    files: tuple[tuple[str, str], ...]
    variables: dict[str, str] = {}

    def services(self) -> dict[str, dict[str, Any]]:
        """Service -> its keys, later files over earlier ones. Raises Unreadable (compose-unparsable)."""
        merged: dict[str, dict[str, Any]] = {}
        for name, text in self.files:
            for service, keys in _services(name, text).items():
                merged[service] = {**merged.get(service, {}), **keys}
        return {service: _extended(service, merged) for service in merged}

    def needs_neighbours(self) -> bool:
        """Do the files name further files by a path relative to themselves (include, extends)? Then a copy elsewhere would not work."""
        extended = [keys.get("extends") for name, text in self.files for keys in _services(name, text).values()]
        return any("include" in _parse(*file) for file in self.files) or any(isinstance(one, dict) and "file" in one for one in extended)


def _services(name: str, text: str) -> dict[str, dict[str, Any]]:
    found = _parse(name, text).get("services") or {}
    return {str(service): keys for service, keys in found.items() if isinstance(keys, dict)} if isinstance(found, dict) else {}


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
