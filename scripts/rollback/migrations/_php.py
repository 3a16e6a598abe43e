"""The PHP of migrations, as far as its statements are chains of calls: read, never run.

There is no grammar of PHP here. What is no such statement is named with its line, and unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from rollback.errors import Computed

_TOKEN = re.compile(
    r"""(?P<blank>\s+|//[^\n]*|\#(?!\[)[^\n]*|/\*.*?(?:\*/|\Z))
    |(?P<heredoc><<<\s*(?P<quote>["']?)(?P<end>\w+)(?P=quote)\n.*?(?:\n[ \t]*(?P=end)\b|\Z))
    |(?P<single>'(?:[^'\\]|\\.)*(?:'|\Z))
    |(?P<double>"(?:[^"\\]|\\.)*(?:"|\Z))
    |(?P<number>\d+(?:\.\d+)?)
    |(?P<variable>\$\w+)
    |(?P<word>\\?[A-Za-z_][\w\\]*)
    |(?P<mark>->|\?->|::|=>|.)""",
    re.DOTALL | re.VERBOSE,
)
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_DEEPEST = 100  # brackets in brackets
_KNOWN = {"true": True, "false": False, "null": None}


class Token(Struct, frozen=True):
    kind: str
    text: str
    line: int


class Code(Struct, frozen=True):
    """A value that only running the file would tell."""

    line: int
    text: str


class Closure(Struct, frozen=True):
    parameters: tuple[str, ...]
    body: tuple[tuple[Token, ...], ...]  # its statements


class Call(Struct, frozen=True):
    """One link of a chain: `Schema::table(...)`, `->nullable()`."""

    name: str
    values: tuple[Any, ...]
    line: int
    text: str

    def computed(self) -> Computed:
        return Computed(self.line, self.text)

    def value(self, place: int, default: Any = None) -> Any:
        """Return a literal; raises Computed where it is none."""
        return self.known(self.values[place]) if place < len(self.values) else default

    def known(self, value: Any) -> Any:
        if isinstance(value, Code | Closure):
            raise self.computed()
        if isinstance(value, list):
            return [self.known(item) for item in value]
        return value

    def word(self, place: int) -> str:
        value = self.value(place)
        if not isinstance(value, str):
            raise self.computed()
        return value

    def words(self, place: int) -> list[str]:
        """Return a value that is a name or a list of names."""
        value = self.value(place)
        listed = value if isinstance(value, list) else [value]
        if not listed or not all(isinstance(item, str) for item in listed):
            raise self.computed()
        return listed


class Chain(Struct, frozen=True):
    """`start` is what the first call is made on: "Schema", "$table", "DB"."""

    start: str
    calls: tuple[Call, ...]


def tokens(text: str) -> list[Token]:
    """Return the words of a file. Raises RecursionError for one that is nested too deeply."""
    found, line, depth = [], 1, 0
    for match in _TOKEN.finditer(text):
        if match.lastgroup and match["blank"] is None:
            kind = next(name for name in _KINDS if match[name] is not None)
            found.append(Token(kind, match[0], line))
            depth += match[0] in ("(", "[", "{")
            depth -= match[0] in (")", "]", "}")
            if depth > _DEEPEST:
                raise RecursionError
        line += match[0].count("\n")
    return found


_KINDS = ("heredoc", "single", "double", "number", "variable", "word", "mark")


def method(every: list[Token], name: str) -> list[tuple[Token, ...]] | None:
    """Return the statements of `function <name>()`; None where there is no whole one."""
    for place in range(len(every) - 2):
        if [token.text for token in every[place : place + 2]] == ["function", name]:
            places = (at for at in range(place, len(every)) if every[at].text in "{;")
            start = next(places, len(every))
            end = _end(every, start)
            return list(statements(every[start + 1 : end])) if end < len(every) else None
    return None


def statements(inside: list[Token] | tuple[Token, ...]) -> Iterator[tuple[Token, ...]]:
    """Yield statements without their semicolons; what has a block of its own ends with it."""
    start = place = 0
    while place < len(inside):
        text = inside[place].text
        if text in _CLOSING and inside[place].kind == "mark":
            place = _end(inside, place)
            if text == "{":
                yield tuple(inside[start : place + 1])
                start = place + 1
        elif text == ";":
            if place > start:
                yield tuple(inside[start:place])
            start = place + 1
        place += 1
    if start < len(inside):
        yield tuple(inside[start:])


def _end(every: list[Token] | tuple[Token, ...], start: int) -> int:
    """Return the place of the bracket that closes the one at `start`."""
    depth = 0
    for place in range(start, len(every)):
        token = every[place]
        if token.kind == "mark" and token.text in "([{":
            depth += 1
        elif token.kind == "mark" and token.text in ")]}":
            depth -= 1
            if not depth:
                return place
    return len(every)


def code(part: tuple[Token, ...]) -> Code:
    return Code(part[0].line if part else 0, " ".join(token.text for token in part))


def chain(part: tuple[Token, ...]) -> Chain:
    """Return a statement as the chain of calls that it is. Raises Computed for anything else."""
    whole = code(part)
    if not part or part[0].kind not in ("word", "variable"):
        raise Computed(whole.line, whole.text)
    start, place, calls = part[0].text.lstrip("\\").rpartition("\\")[2], 1, list[Call]()
    while place < len(part):
        if part[place].text not in ("->", "::") or place + 2 >= len(part):
            raise Computed(whole.line, whole.text)
        name, opening = part[place + 1], part[place + 2]
        if name.kind != "word" or opening.text != "(":
            raise Computed(whole.line, whole.text)
        end = _end(part, place + 2)
        values = tuple(value(item) for item in _items(part[place + 3 : end]))
        calls.append(Call(name.text, values, name.line, whole.text))
        place = end + 1
    if not calls:
        raise Computed(whole.line, whole.text)
    return Chain(start, tuple(calls))


def _items(part: tuple[Token, ...]) -> Iterator[tuple[Token, ...]]:
    """Yield what commas part, outside brackets."""
    start = place = 0
    while place < len(part):
        if part[place].kind == "mark" and part[place].text in _CLOSING:
            place = _end(part, place)
        elif part[place].text == "," and part[place].kind == "mark":
            yield part[start:place]
            start = place + 1
        place += 1
    if start < len(part):
        yield part[start:]


def value(part: tuple[Token, ...]) -> Any:
    """Return a literal, a list, a Closure or Code."""
    first = part[0]
    if len(part) == 1:
        return _literal(first)
    if first.text == "[" and _end(part, 0) == len(part) - 1:
        items = list(_items(part[1:-1]))
        if any(token.text == "=>" for item in items for token in item):
            return code(part)
        return [value(item) for item in items]
    if first.text in ("function", "static", "fn"):
        return _closure(part)
    return code(part)


def _closure(part: tuple[Token, ...]) -> Closure | Code:
    place = next((at for at, token in enumerate(part) if token.text == "("), len(part))
    end = _end(part, place)
    names = tuple(token.text for token in part[place:end] if token.kind == "variable")
    block = next((at for at in range(end, len(part)) if part[at].text == "{"), None)
    if block is not None:
        return Closure(names, tuple(statements(part[block + 1 : _end(part, block)])))
    arrow = next((at for at in range(end, len(part)) if part[at].text == "=>"), None)
    return Closure(names, (part[arrow + 1 :],)) if arrow else code(part)


def _literal(token: Token) -> Any:
    match token.kind:
        case "single":
            return re.sub(r"\\([\\'])", r"\1", token.text[1:-1])
        case "double" if not re.search(r"(?<!\\)\$[\w{]|\{\$", token.text):
            inside = token.text[1:-1].replace("\\n", "\n").replace("\\t", "\t")
            return re.sub(r'\\(["\\$])', r"\1", inside)
        case "heredoc" if "$" not in token.text or re.match(r"<<<\s*'", token.text):
            return token.text.split("\n", 1)[1].rpartition("\n")[0]
        case "number":
            return float(token.text) if "." in token.text else int(token.text)
        case "word" if token.text.lower() in _KNOWN:
            return _KNOWN[token.text.lower()]
    return Code(token.line, token.text)
