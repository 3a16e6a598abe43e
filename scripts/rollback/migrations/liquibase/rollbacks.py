"""The rollbacks that change sets have of their own, in every format."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

Plain = str | int | float | bool


class Change(Struct, frozen=True):
    """`values` are its attributes, `columns` those of each column, with its constraints in them."""

    name: str
    values: Mapping[str, Plain]
    columns: tuple[Mapping[str, Plain], ...] = ()
    text: str = ""


_LINE = re.compile(r"^\s*--\s*rollback\b ?(.*)$", re.IGNORECASE)
_NOTHING = re.compile(r"\s*(?:empty|not required)?\s*;?\s*", re.IGNORECASE)
REFERS = "changeSetId"  # to another change set, whose changes run again


def of(it: Mapping[str, Any], change: Callable[[str, Any], Change]) -> tuple[Change, ...] | None:
    """Return the changes of all rollbacks of a change set; None without any."""
    listed = it.get("changes")
    inside = [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []
    given = [item["rollback"] for item in inside if "rollback" in item]
    given += [it["rollback"]] if "rollback" in it else []
    if not given:
        return None
    return tuple(part for content in given for part in _changes(content, change))


def _changes(content: Any, change: Callable[[str, Any], Change]) -> Iterator[Change]:
    if isinstance(content, str):
        yield from _sql(content)
    elif isinstance(content, list):
        for item in content:
            yield from _changes(item, change)
    elif isinstance(content, dict) and REFERS in content:
        yield Change(REFERS, {})
    elif isinstance(content, dict) and "columns" in content:  # of XML
        yield from _sql(content["sql"])
        yield from _changes(content["changes"], change)
    elif isinstance(content, dict):
        for name, inner in content.items():
            yield change(name, inner)


def as_lines(match: re.Match[str]) -> str:
    """Return a block comment with a rollback as lines of one."""
    text = re.sub(r"(?is)^/\*\s*liquibase\s+rollback|\*/$", "", match[0])
    return "\n".join(f"--rollback {line}" for line in text.strip().splitlines())


def of_lines(lines: Sequence[str]) -> tuple[Change, ...] | None:
    """Return the rollback in the comments of SQL; None without any."""
    found = [match[1] for line in lines if (match := _LINE.match(line))]
    if not found:
        return None
    if any(re.match(r"\s*changeset", text, re.IGNORECASE) for text in found):
        return (Change(REFERS, {}),)
    return tuple(_sql("\n".join(found)))


def _sql(text: str) -> Iterator[Change]:
    if not _NOTHING.fullmatch(text):
        yield Change("sql", {}, (), text)
