"""Calls as they stand in Ruby, JavaScript or TypeScript: what both grammars come to."""

from __future__ import annotations

from typing import Any

from msgspec import Struct
from tree_sitter import Node

from rollback.errors import Computed


class Code(Struct, frozen=True):
    """A value that only running the file would tell."""

    line: int
    text: str


class Function(Struct):
    """A block or a function: the names of its parameters and its statements."""

    parameters: list[str]
    body: list[Node]


class Call(Struct):
    """`owner` is what it is called on: another call, a name, or nothing.

    Values are literals, Functions or Code. `is_open`: a splat may hold more of them.
    """

    name: str
    owner: Call | str | None
    values: list[Any]
    options: dict[str, Any]
    line: int
    text: str
    block: Function | None = None
    is_open: bool = False

    def computed(self) -> Computed:
        return Computed(self.line, self.text)

    def value(self, place: int, default: Any = None) -> Any:
        """Return a literal; raises Computed where it is none."""
        if self.is_open:
            raise self.computed()
        return self.known(self.values[place]) if place < len(self.values) else default

    def given(self, place: int) -> Any:
        """Return a value, literal or not; raises Computed where it is missing."""
        if self.is_open or place >= len(self.values):
            raise self.computed()
        return self.values[place]

    def option(self, name: str, default: Any = None) -> Any:
        if self.is_open and name not in self.options:
            raise self.computed()
        return self.known(self.options[name]) if name in self.options else default

    def known(self, value: Any) -> Any:
        if isinstance(value, Code):
            raise Computed(value.line, value.text)
        if isinstance(value, list):
            return [self.known(item) for item in value]
        return value

    def word(self, place: int) -> str:
        """Return a value that must be text."""
        value = self.value(place)
        if not isinstance(value, str):
            raise self.computed()
        return value

    def words(self, start: int) -> list[str]:
        """Return all values from here on, lists laid flat, as text."""
        words: list[str] = []
        for place in range(start, len(self.values)):
            value = self.value(place)
            words += value if isinstance(value, list) else [value]
        if not all(isinstance(word, str) for word in words):
            raise self.computed()
        return words

    def has_default(self, name: str = "default") -> bool:
        """Whether this option is given and is not nil; what only running tells is something."""
        return self.options.get(name) is not None

    def chain(self) -> list[Call]:
        """Return the calls from the first to this one: a().b().c()."""
        calls = [self]
        while isinstance(calls[-1].owner, Call):
            calls.append(calls[-1].owner)
        return calls[::-1]


def line(node: Node) -> int:
    return int(node.start_point[0]) + 1


def text(node: Node) -> str:
    return (node.text or b"").decode(errors="replace")


def code(node: Node) -> Code:
    return Code(line(node), text(node))


def computed(node: Node) -> Computed:
    return Computed(line(node), text(node))


def named(node: Node | None) -> list[Node]:
    """Return the children that are no punctuation and no comment."""
    children = node.named_children if node is not None else []
    return [child for child in children if child.type not in ("comment", "heredoc_body")]
