"""Column types: does every old value fit into the new type?"""

from __future__ import annotations

import re

_ALIASES = {"int": "integer", "decimal": "numeric", "double": "double precision"}
_WHOLE = ("tinyint", "smallint", "mediumint", "integer", "bigint")  # in this order of size
_UNSIGNED = tuple(f"{name} unsigned" for name in _WHOLE)
_BINARY = ("real", "double precision")
_LONG_TEXT = ("tinytext", "text", "mediumtext", "longtext")
_TEXT = ("char", "varchar", "citext", *_LONG_TEXT)
_FAMILIES = ((*_WHOLE, *_UNSIGNED, "numeric"), _BINARY, _TEXT)


def family(type: str) -> str:
    """Return what types of the same kind have in common: "smallint" for every whole number."""
    if _labels(type):
        return "enum"
    base = _split(type)[0]
    for members in _FAMILIES:
        if base in members:
            return members[0]
    return base


def is_wider(before: str, after: str) -> bool:
    """Whether every value of `before` is a value of `after` and reads the same."""
    if before == after:
        return True
    if _labels(before) and _labels(after):
        return set(_labels(before)) <= set(_labels(after))
    old, new = _split(before), _split(after)
    numbers = (*_WHOLE, *_UNSIGNED)
    if old[0] in numbers and new[0] in numbers:
        return _whole_is_wider(old[0], new[0])
    if old[0] in _BINARY and new[0] in _BINARY:
        return _BINARY.index(old[0]) <= _BINARY.index(new[0])
    if old[0] in _TEXT and new[0] in _TEXT:
        return _text_is_wider(old, new)
    if old[0] == new[0] == "numeric":
        return _numeric_is_wider(old[1], new[1])
    return old[0] == new[0] and len(old[1]) == len(new[1]) <= 1 and old[1] <= new[1]


def _whole_is_wider(old: str, new: str) -> bool:
    if old in _WHOLE and new in _UNSIGNED:
        return False  # no negative numbers
    sizes = {name: size for names in (_WHOLE, _UNSIGNED) for size, name in enumerate(names)}
    more_bits = int(old in _UNSIGNED and new in _WHOLE)  # the sign takes a bit
    return sizes[old] + more_bits <= sizes[new]


def _text_is_wider(old: tuple[str, list[int]], new: tuple[str, list[int]]) -> bool:
    if "char" in (old[0], new[0]) and old[0] != new[0]:
        return False  # char pads: it compares and reads in another way
    if "citext" in (old[0], new[0]) and old[0] != new[0]:
        return False
    if old[0] in _LONG_TEXT and new[0] in _LONG_TEXT:
        return _LONG_TEXT.index(old[0]) <= _LONG_TEXT.index(new[0])
    if new[0] == "tinytext":
        return False
    return not new[1] or (bool(old[1]) and old[1] <= new[1])


def _numeric_is_wider(old: list[int], new: list[int]) -> bool:
    if not new or not old:
        return not new
    scale_before, scale_after = (sizes[1] if len(sizes) > 1 else 0 for sizes in (old, new))
    return scale_after >= scale_before and new[0] - scale_after >= old[0] - scale_before


def _labels(type: str) -> list[str]:
    """Return the labels of MySQL's "enum('a', 'b')", which belong to the column's type."""
    return re.findall(r"'((?:[^']|'')*)'", type) if type.startswith("enum(") else []


def _split(type: str) -> tuple[str, list[int]]:
    match = re.fullmatch(r"([^(]+?)(?:\(([\d, ]+)\))?( unsigned|\[\])?", type)
    if match is None:
        return type, []
    sizes = [int(size) for size in (match[2] or "").split(",") if size]
    return _ALIASES.get(match[1], match[1]) + (match[3] or ""), sizes
