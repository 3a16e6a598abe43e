"""Amounts as Kubernetes spells them: 1000m is 1, 1Gi is 1024Mi, and a port may be a word."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

_AMOUNT = re.compile(r"([+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)([munkMGTPE]i?|)")
_SIZES = {"n": Decimal("1e-9"), "u": Decimal("1e-6"), "m": Decimal("1e-3"), "": Decimal(1)}
_SIZES |= {letter: Decimal(1000) ** power for power, letter in enumerate("kMGTPE", 1)}
_SIZES |= {f"{letter}i": Decimal(1024) ** power for power, letter in enumerate("KMGTPE", 1)}
_SIZES["ki"] = _SIZES["Ki"]


def amount(text: Any) -> Decimal | None:
    """None for what is no amount."""
    found = _AMOUNT.fullmatch(str(text).replace("Ki", "ki"))
    return Decimal(found[1]) * _SIZES[found[2]] if found and found[2] in _SIZES else None


def same(one: Any, other: Any) -> bool:
    """True also for two spellings of one amount."""
    if one == other or str(one) == str(other):
        return True
    if isinstance(one, bool) or isinstance(other, bool):
        return False
    left, right = amount(one), amount(other)
    return left is not None and left == right
