"""Changelogs in XML, YAML, JSON and formatted SQL, as the same plain data."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from xml.etree import ElementTree

import yaml
from msgspec import Struct

from rollback.migrations.liquibase import rollbacks
from rollback.migrations.liquibase.rollbacks import Change, Plain

HEADER = re.compile(r"^\s*--\s*liquibase formatted sql", re.IGNORECASE)
_SET = re.compile(r'^\s*--\s*changeset\s+"?([^:\n"]+)"?:"?([^\s:"]+)', re.IGNORECASE)
_ROLLBACK = re.compile(r"^\s*--\s*rollback\b|^\s*--\s*(?:precondition|comment|property)", re.I)
_BLOCK = re.compile(r"/\*\s*liquibase\s+rollback\b.*?\*/", re.IGNORECASE | re.DOTALL)
_NOT_CHANGES = ("comment", "modifySql", "preConditions", "rollback", "validCheckSum")


class ChangeSet(Struct, frozen=True):
    """`problem` says what of it cannot be read. `rollback` is None where it has none of its own."""

    id: str
    author: str
    changes: tuple[Change, ...]
    problem: str = ""
    rollback: tuple[Change, ...] | None = None


class Include(Struct, frozen=True):
    path: str
    is_folder: bool
    is_relative: bool


class Changelog(Struct, frozen=True):
    """`parts` are in their order; `properties` are the values of ${names}."""

    parts: tuple[ChangeSet | Include, ...] = ()
    properties: Mapping[str, str] = {}


def read(path: str, text: str) -> Changelog | None:
    """Return a changelog; None for another file. Raises ValueError for one that does not parse."""
    if path.endswith(".sql"):
        return Changelog(tuple(_formatted(text))) if HEADER.search(text) else None
    if "databaseChangeLog" not in text:
        return None
    if path.endswith(".xml"):
        return _changelog(_from_xml(text))
    if path.endswith(".json"):
        return _changelog(_items(json.loads(text)))
    try:
        return _changelog(_items(yaml.safe_load(text)))
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from None


def _items(content: Any) -> Iterator[tuple[str, Any]]:
    """Yield name and content of each item of a changelog in YAML or JSON."""
    items = content.get("databaseChangeLog") if isinstance(content, dict) else None
    for item in items if isinstance(items, list) else ():
        yield from item.items() if isinstance(item, dict) else ()


def _changelog(items: Iterator[tuple[str, Any]]) -> Changelog:
    parts: list[ChangeSet | Include] = []
    properties: dict[str, list[str]] = {}
    for name, it in items:
        if not isinstance(it, dict):
            continue
        if name == "changeSet":
            parts.append(_change_set(it))
        elif name in ("include", "includeAll"):
            names = _plain(it)
            given = str(names.get("file") or names.get("path") or "")
            parts.append(Include(given, name == "includeAll", _is(it, "relativeToChangelogFile")))
        elif name == "property" and isinstance(it.get("name"), str):
            properties.setdefault(it["name"], []).append(str(_plain(it).get("value", "")))
    known = {name: values[0] for name, values in properties.items() if len(set(values)) == 1}
    return Changelog(tuple(parts), known)


def _change_set(it: Mapping[str, Any]) -> ChangeSet:
    listed = it.get("changes") or []
    changes = [
        _change(name, content)
        for item in (listed if isinstance(listed, list) else [])
        if isinstance(item, dict)
        for name, content in item.items()
        if name not in _NOT_CHANGES
    ]
    problem = "modifySql" if it.get("modifySql") else ""
    names = _plain(it)
    id, author = (str(names.get(key, "")) for key in ("id", "author"))
    return ChangeSet(id, author, tuple(changes), problem, rollbacks.of(it, _change))


def _change(name: str, content: Any) -> Change:
    it = content if isinstance(content, dict) else {}
    columns = it.get("columns") or []
    rows = [item.get("column") for item in columns if isinstance(item, dict)]
    values = _plain(it)
    text = content if isinstance(content, str) else str(values.get("sql", ""))
    return Change(name, values, tuple(_column(row) for row in rows if isinstance(row, dict)), text)


def _column(row: Mapping[str, Any]) -> dict[str, Plain]:
    constraints = row.get("constraints")
    return {**_plain(row), **_plain(constraints if isinstance(constraints, dict) else {})}


def _plain(it: Mapping[str, Any]) -> dict[str, Plain]:
    return {key: value for key, value in it.items() if isinstance(value, str | int | float | bool)}


def _is(it: Mapping[str, Any], key: str) -> bool:
    return it.get(key) in (True, "true")


# ---- XML and SQL --------------------------------------------------------------------------


def _from_xml(text: str) -> Iterator[tuple[str, Any]]:
    if re.search(r"<!(?:DOCTYPE|ENTITY)", text):
        raise ValueError("a document type")
    try:
        root = ElementTree.fromstring(text.encode())  # noqa: S314
    except ElementTree.ParseError as error:
        raise ValueError(str(error)) from None
    for item in root:
        name = _name(item)
        yield name, _set_of(item) if name == "changeSet" else dict(item.attrib)


def _set_of(item: ElementTree.Element) -> dict[str, Any]:
    changes = [{_name(child): _set_content(child)} for child in item]
    modified = any(_name(child) == "modifySql" for child in item)
    return {**item.attrib, "changes": changes, "modifySql": modified}


def _set_content(item: ElementTree.Element) -> dict[str, Any]:
    """Return a change, or a rollback with the changes in it."""
    content = _content(item)
    if _name(item) == "rollback":
        content["changes"] = [{_name(child): _content(child)} for child in item]
    return content


def _content(item: ElementTree.Element) -> dict[str, Any]:
    columns = [
        {"column": {**child.attrib, "constraints": dict(inner.attrib) if inner is not None else {}}}
        for child in item
        if _name(child) == "column"
        for inner in [next((it for it in child if _name(it) == "constraints"), None)]
    ]
    text = (item.text or "") + "".join(child.tail or "" for child in item)
    return {"columns": columns, "sql": text.strip(), **item.attrib}


def _name(item: ElementTree.Element) -> str:
    return str(item.tag).rpartition("}")[2]


def _formatted(text: str) -> Iterator[ChangeSet]:
    """Yield the change sets of SQL with Liquibase's comments, without the lines of rollbacks."""
    author, id, lines = "", "", list[str]()
    for line in [*_BLOCK.sub(rollbacks.as_lines, text).splitlines(), "--changeset end:end"]:
        if match := _SET.match(line):
            if id:
                sql = "\n".join(it for it in lines if not _ROLLBACK.match(it))
                back = rollbacks.of_lines(lines)
                yield ChangeSet(id, author, (Change("sql", {}, (), sql),), rollback=back)
            author, id, lines = match[1], match[2], []
        else:
            lines.append(line)
