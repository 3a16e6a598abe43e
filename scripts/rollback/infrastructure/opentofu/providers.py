"""What is known of providers: which objects hold data, which variables are theirs."""

from __future__ import annotations

import json
import os
import re
from functools import cache
from pathlib import Path

from rollback.infrastructure_contracts import Planned
from rollback.model import InfrastructureChange

_FILE = Path(__file__).with_name("providers.json")


@cache
def _known() -> dict[str, frozenset[str]]:
    lists = json.loads(_FILE.read_text(encoding="utf-8"))
    return {name: frozenset(words) for name, words in lists.items() if name != "about"}


def is_stateful(type: str, more: tuple[str, ...]) -> bool:
    """Whether objects of this type hold data; of an unknown provider its last words tell."""
    known = _known()
    if type in more or type in known["types"]:
        return True
    words = type.split("_")
    endings = {"_".join(words[-size:]) for size in (1, 2, 3) if size < len(words)}
    return type not in known["stateless"] and bool(endings & known["endings"])


def variables() -> list[str]:
    """Return the names of the variables of this shell that the tool, or a provider, may read."""
    beginnings = {f"{word}_" for word in _known()["variables"]}
    plain = re.compile(r"PG[A-Z]+")  # as PGPASSWORD
    return sorted(
        name for name in os.environ if name.startswith(tuple(beginnings)) or plain.fullmatch(name)
    )


def kept(change: InfrastructureChange, planned: Planned) -> str:
    """Return what keeps an object that a plan would delete: the block names all its instances."""
    address = re.sub(r"\[[^]]*\]", "", change.address)
    block = f"removed {{ from = {address} lifecycle {{ destroy = false }} }}"
    return (
        f"keep it: roll back without --full, or to a release whose .tf files have: {block} "
        "(an override file does not count; the object is not managed afterwards)"
    )
