"""Variables of compose files: which ones a text refers to, and the text with them filled in."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

_VARIABLE = re.compile(
    r"\$(?:\$|([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?:(:?[-?+])((?:[^{}]|\{[^{}]*\})*))?\})"
)


def interpolate(text: str, variables: Mapping[str, str]) -> str | None:
    """Fill in a text; None when a variable without a default is not set."""
    missing = False

    def fill(match: re.Match[str]) -> str:
        nonlocal missing
        name, operator, word = match[1] or match[2], match[3] or "", match[4] or ""
        if name is None:
            return "$"
        value = variables.get(name)
        is_set = value is not None and (value != "" or not operator.startswith(":"))
        if operator.endswith("+"):
            return interpolate(word, variables) or "" if is_set else ""
        if not is_set and operator.endswith("-"):
            return interpolate(word, variables) or ""
        missing = missing or not is_set
        return value or ""

    filled = _VARIABLE.sub(fill, text)
    return None if missing else filled


def optional(text: str) -> str:
    """Return a text that demands no variable: `${TAG:?why}` becomes `${TAG}`."""

    def plain(match: re.Match[str]) -> str:
        name, operator, word = match[2], match[3] or "", match[4] or ""
        if not operator:
            return match[0]
        rest = "" if operator.endswith("?") else f"{operator}{optional(word)}"
        return f"${{{name}{rest}}}"

    return _VARIABLE.sub(plain, text)


def variables(value: Any) -> Iterator[tuple[str, bool]]:
    """Yield (name, has a default) of every variable that strings anywhere in a value refer to."""
    if isinstance(value, str):
        for match in _VARIABLE.finditer(value):
            if name := match[1] or match[2]:
                yield name, bool(match[3]) and match[3][-1] in "-+"
            yield from variables(match[4] or "")
    elif isinstance(value, (dict, list)):
        for part in value.values() if isinstance(value, dict) else value:
            yield from variables(part)


def passed_through(keys: Mapping[str, Any]) -> set[str]:
    """Return the variables passed to containers by name alone (environment: [NAME])."""
    environment = keys.get("environment") or {}
    if isinstance(environment, dict):
        return {str(name) for name, value in environment.items() if value is None}
    return {entry for entry in environment if isinstance(entry, str) and "=" not in entry}


def env_file(text: str) -> dict[str, str]:
    """Read NAME=value lines as Compose does: comments, `export`, quotes."""
    values: dict[str, str] = {}
    for line in text.splitlines():
        name, equals, value = line.strip().removeprefix("export ").partition("=")
        if equals and not name.startswith("#"):
            value = value.strip()
            quoted = re.match(r"""(["'])(.*)\1""", value)
            values[name.strip()] = quoted[2] if quoted else re.sub(r"\s+#.*", "", value)
    return values


def required(
    services: Mapping[str, Mapping[str, Any]], names: Iterable[str]
) -> dict[str, set[str]]:
    """Return variable without default -> services of `names` using it beyond their image."""
    users: dict[str, set[str]] = defaultdict(set)
    for service in names:
        keys = {key: value for key, value in services.get(service, {}).items() if key != "image"}
        for name, has_default in variables(keys):
            if not has_default:
                users[name].add(service)
    return users
