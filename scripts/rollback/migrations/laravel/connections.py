"""Whether a migration may work in another database than that of the application."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from rollback.migrations._native import ANOTHER_DATABASE
from rollback.migrations._php import Token

_MODIFIERS = ("private", "protected", "public", "readonly", "static", "string", "var")
_CHOOSING = (
    "connectUsing",
    "connection",
    "setConnection",
    "setDefaultConnection",
    "usingConnection",
)
_BASE = "Illuminate\\Database\\Migrations\\Migration"


def another(every: list[Token]) -> str:
    """Return why this file may change another database, or ""."""
    texts = [token.text for token in every]
    if _declares(texts):
        return ANOTHER_DATABASE
    for place, (mark, name) in enumerate(pairwise(texts)):
        call = mark in ("::", "->", "?->") and texts[place + 2 : place + 3] == ["("]
        if call and name in _CHOOSING and texts[place + 3 : place + 4] != [")"]:
            return f"line {every[place].line}: {mark}{name}() may be about another database"
        if call and (mark, name) == ("::", "on"):  # of a model; a foreign key has ->on()
            return f"line {every[place].line}: ::on() may be about another database"
        if mark == "->" and name == "connection" and not call:
            return ANOTHER_DATABASE
    return _of_class(texts)


def _declares(texts: list[str]) -> bool:
    return any(
        (before in _MODIFIERS and text == "$connection")
        or (before == "function" and text == "getConnection")
        for before, text in pairwise(texts)
    )


def _of_class(texts: list[str]) -> str:
    """Return what the class takes over from another file, which may name a connection."""
    imported = dict(_imports(texts))
    bases = [text for before, text in pairwise(texts) if before == "extends"]
    for base in bases:
        name = imported.get(base, base).lstrip("\\")
        if name not in (_BASE, "Migration"):
            return f"its class extends {name}, which may name a connection"
    within = texts[_class(texts) :]
    uses = (
        within[place + 1]
        for place, (before, text) in enumerate(pairwise(within), 1)
        if text == "use" and before in ("{", "}", ";")  # others are of closures
    )
    if trait := next(uses, ""):
        return f"its class uses {trait}, which may name a connection"
    return ""


def _imports(texts: list[str]) -> Iterator[tuple[str, str]]:
    """Yield the names that the file gives to classes: `use App\\Migration as Base;`."""
    for place in range(_class(texts)):
        if texts[place] == "use":
            whole, *renamed = texts[place + 1 : place + 4]
            name = renamed[1] if renamed[:1] == ["as"] else whole.rpartition("\\")[2]
            yield name, whole


def _class(texts: list[str]) -> int:
    """Return the place of the word that begins the class."""
    places = (
        place
        for place, (before, text) in enumerate(pairwise(["", *texts]))
        if text == "class" and before != "::"
    )
    return next(places, len(texts))
