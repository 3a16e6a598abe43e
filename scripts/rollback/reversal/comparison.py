"""Two schemas compared: what is other, and what a migration has to leave in a live database."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from itertools import pairwise

from rollback.database_contracts import Row
from rollback.text import clean

Key = tuple[str, str]  # kind and name
Catalogue = Mapping[Key, str]  # -> definition
Plain = Callable[[str], str]  # a definition without what makes no difference
Expected = Mapping[Key, str | None]  # None: it must not be there


def catalogue(rows: Sequence[Row]) -> dict[Key, str]:
    return {(row["kind"], row["name"]): row["definition"] for row in rows}


def others(expected: Catalogue, found: Catalogue, plain: Plain = str) -> list[Key]:
    """Return what is other in `found`, also once both definitions are made plain."""
    keys = {key for key in {*expected, *found} if expected.get(key) != found.get(key)}
    both = {key for key in keys if key in expected and key in found}
    return sorted(keys - {key for key in both if plain(expected[key]) == plain(found[key])})


def differences(expected: Catalogue, found: Catalogue, plain: Plain = str) -> list[str]:
    """Return what `found` has other than expected, each with its path."""
    return list(named(others(expected, found, plain), expected, found))


def named(keys: Sequence[Key], expected: Catalogue, found: Catalogue) -> Iterator[str]:
    """Yield what is other of these."""
    for key in keys:
        wanted, there = expected.get(key), found.get(key)
        name = clean(" ".join(key), 80)
        if wanted is None:
            yield f"{name} is still there"
        elif there is None:
            yield f"{name} is missing"
        else:
            yield f"{name} is {clean(there, 60)}, not {clean(wanted, 60)}"


def is_harmless(key: Key, expected: Catalogue, found: Catalogue) -> bool:
    """Whether statements of the older release run on it all the same.

    A default that a NOT NULL column needs for its rows; values that an enum cannot lose.
    """
    wanted, there = expected.get(key), found.get(key)
    if wanted is None or there is None:
        return False
    if key[0] == "enum":
        values = iter(there.split(", "))
        return all(value in values for value in wanted.split(", "))
    has_default = there.startswith(f"{wanted} DEFAULT ")
    return key[0] == "column" and wanted.endswith(" NOT NULL") and has_default


def drifted(known: Catalogue, live: Catalogue) -> set[Key]:
    """Return what a live database has other than its release."""
    return {key for key, text in known.items() if live.get(key) != text}


def expected(known: Sequence[Catalogue], odd: Set[Key]) -> list[Expected]:
    """Return what a live database must have after each of the changes between these catalogues.

    `known` are those of a scratch database, before the first change and after each. What was `odd`
    in the live one before is left out; after the last change all that both have is expected.
    """
    missing = tuple(f"{name}{end}" for kind, name in odd if kind == "table" for end in (".", " ("))
    every: dict[Key, str | None] = {key: text for key, text in known[0].items() if key not in odd}
    steps: list[Expected] = []
    for before, after in pairwise(known):
        keys = {key for key in {*before, *after} if before.get(key) != after.get(key)} - odd
        step = {key: after.get(key) for key in keys if not key[1].startswith(missing)}
        every |= step
        steps.append(step)
    return [*steps[:-1], every]


def rows(expected: Expected) -> list[Row]:
    return [
        {"kind": kind, "name": name, "definition": text}
        for (kind, name), text in sorted(expected.items())
    ]
