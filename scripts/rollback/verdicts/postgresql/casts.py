"""Which types PostgreSQL makes of each other without USING: its casts on assignment."""

from __future__ import annotations

import re

_TEXTS = ("text", "varchar", "char", "citext", "name")  # everything can be written as text
_NUMBERS = ("smallint", "integer", "bigint", "numeric", "real", "double precision")
_TIMES = ("date", "timestamp", "timestamp with time zone")
_OTHERS = {
    ("bigint", "money"),
    ("bit", "bit varying"),
    ("bit varying", "bit"),
    ("cidr", "inet"),
    ("inet", "cidr"),
    ("integer", "money"),
    ("interval", "time"),
    ("json", "jsonb"),
    ("jsonb", "json"),
    ("macaddr", "macaddr8"),
    ("macaddr8", "macaddr"),
    ("money", "numeric"),
    ("numeric", "money"),
    ("time with time zone", "time"),
    ("time", "interval"),
    ("time", "time with time zone"),
    ("timestamp with time zone", "time with time zone"),
    ("timestamp with time zone", "time"),
    ("timestamp", "time"),
}
_SPELLINGS = {"varbit": "bit varying", "bpchar": "char", "decimal": "numeric"}


def assignable(before: str, after: str) -> bool:
    """Whether ALTER TYPE without USING can work; of types that are not known only to themselves."""
    old, new = _plain(before), _plain(after)
    if old.endswith("[]") and new.endswith("[]"):
        old, new = old.removesuffix("[]"), new.removesuffix("[]")
    if old == new or new in _TEXTS:
        return True
    same = any(old in family and new in family for family in (_NUMBERS, _TIMES))
    return same or (old, new) in _OTHERS


def _plain(type: str) -> str:
    """Return a type without its length."""
    name = re.sub(r"\([^)]*\)", "", type)
    base = name.removesuffix("[]")
    return _SPELLINGS.get(base, base) + name.removeprefix(base)
