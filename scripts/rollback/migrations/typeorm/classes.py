"""Migration classes: their names, which end with a timestamp, and their up()."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from msgspec.structs import replace
from tree_sitter import Node

from rollback.migrations._calls import named, text
from rollback.migrations._files import Script
from rollback.migrations._javascript import Source
from rollback.migrations._modules import modules
from rollback.migrations.typeorm.methods import operations

_CLASS = re.compile(r"\bclass\s+(\w+)")
_CLASSES = ("abstract_class_declaration", "class", "class_declaration")
_FIELD, _METHOD = "public_field_definition", "method_definition"


def read(files: Mapping[str, str]) -> list[Script]:
    """Return the migrations in the order of their timestamps; the id is the class's name."""
    scripts = [_named(script, files[script.path]) for script in modules(files, operations)]
    return sorted(scripts, key=lambda script: int(re.sub(r"^.*?(\d*)$", r"0\1", script.id)))


def _named(script: Script, content: str) -> Script:
    try:
        id = _id(Source(content))
    except RecursionError:
        id = None
    if id is None:
        match = _CLASS.search(content)
        id = match[1] if match else None
    return replace(script, id=id) if id else script


def _id(source: Source) -> str | None:
    """Return the property `name` of the class that has up(), else the name of the class."""
    for node in _classes(source.root):
        members = named(node.child_by_field_name("body"))
        if any(_name(member) == "up" for member in members):
            given = next(_given(source, members), None)
            return given or _name(node) or None
    return None


def _classes(root: Node) -> Iterator[Node]:
    waiting = [root]
    while waiting:
        node = waiting.pop(0)
        if node.type in _CLASSES:
            yield node
        waiting += node.named_children


def _given(source: Source, members: list[Node]) -> Iterator[str]:
    """Yield what the class, or its constructor, gives to its property `name`."""
    for member in members:
        value = member.child_by_field_name("value")
        if member.type == _FIELD and _name(member) == "name" and value is not None:
            known = source.value(value)
            if isinstance(known, str):
                yield known
        elif member.type == _METHOD and _name(member) == "constructor":
            yield from _assigned(source, named(member.child_by_field_name("body")))


def _assigned(source: Source, body: list[Node]) -> Iterator[str]:
    for statement in body:
        for node in named(statement):
            left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
            if left is None or right is None or text(left) != "this.name":
                continue
            known = source.value(right)
            if node.type == "assignment_expression" and isinstance(known, str):
                yield known


def _name(node: Node) -> str:
    name = node.child_by_field_name("name")
    return text(name).strip("\"'") if name is not None else ""
