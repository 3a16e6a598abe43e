"""Quantities as Kubernetes spells them: 1000m is 1, 1Gi is 1024Mi, and a port may be a name."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

_QUANTITY = re.compile(r"([+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)([munkMGTPE]i?|)")
_UNITS = {"n": Decimal("1e-9"), "u": Decimal("1e-6"), "m": Decimal("1e-3"), "": Decimal(1)}
_UNITS |= {letter: Decimal(1000) ** power for power, letter in enumerate("kMGTPE", 1)}
_UNITS |= {f"{letter}i": Decimal(1024) ** power for power, letter in enumerate("KMGTPE", 1)}
_UNITS["ki"] = _UNITS["Ki"]


def parse(text: Any) -> Decimal | None:
    """Return the number, or None for anything that is not a quantity."""
    match = _QUANTITY.fullmatch(str(text).replace("Ki", "ki"))
    if match is None or match[2] not in _UNITS:
        return None
    return Decimal(match[1]) * _UNITS[match[2]]


def equal(value: Any, other: Any) -> bool:
    """Also true for two spellings of one quantity."""
    if value == other or str(value) == str(other):
        return True
    if isinstance(value, bool) or isinstance(other, bool):
        return False
    left, right = parse(value), parse(other)
    return left is not None and left == right
