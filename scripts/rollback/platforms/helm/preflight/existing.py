"""Objects that the rollback would create and that exist already.

Either someone else's, or this release's, left from an earlier try.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rollback.errors import RollbackError
from rollback.model import Command, Finding
from rollback.platforms._cluster.details import Location
from rollback.platforms._cluster.kubectl import kubectl
from rollback.platforms.helm.manifest import Key
from rollback.platforms.helm.preflight.comparison import Comparison
from rollback.shell import Answer, Shell

_MARKS = ("release-name", "release-namespace")
_COLUMNS = "--output=custom-columns=:.metadata.name," + ",".join(
    rf":.metadata.annotations.meta\.helm\.sh/{mark}" for mark in _MARKS
)

Owner = tuple[str, ...]  # name and namespace of a release, as Helm marks its objects


def findings(comparison: Comparison, shell: Shell) -> Iterator[Finding]:
    """Helm stops on what its newest manifest lacks, and adopts it when it is started again.

    Measured with 3.19.0 and 4.0.1.
    """
    created = [key for key in comparison.after if key not in comparison.before]
    owners = owners_of(created, comparison.location, shell)
    release = (comparison.release, comparison.location.namespace)
    foreign = [comparison.label(key) for key, owner in owners.items() if owner != release]
    left = [comparison.label(key) for key, owner in owners.items() if owner == release]
    if foreign:
        verb = "exists" if len(foreign) == 1 else "exist"
        message = (
            f"{', '.join(foreign)} {verb} but not as part of release {comparison.release}; the "
            "rollback would adopt and overwrite it"
        )
        yield Finding("blocker", "in-the-way", message, "find its owner, and rename or delete it")
    if left:
        verb = "exists" if len(left) == 1 else "exist"
        message = (
            f"{', '.join(left)} {verb} although not in revision {comparison.source.number}; Helm "
            "stops on it once and is started again"
        )
        yield Finding("note", "left-behind", message)


def owners_of(keys: Iterable[Key], location: Location, shell: Shell) -> dict[Key, Owner]:
    """Return the owner of each of these objects that exists.

    Only names and marks are read, so objects of every kind.
    """
    groups = _grouped(keys)
    questions = [_question(location, group) for group in groups]
    owners: dict[Key, Owner] = {}
    for group, answer in zip(groups, shell.ask_all(questions), strict=True):
        if isinstance(answer, RollbackError):
            continue  # the script asks again, and stops where nothing can be read
        marks = _marks(answer)
        owners |= {key: marks[key.name] for key in group if key.name in marks}
    return owners


def _grouped(keys: Iterable[Key]) -> list[list[Key]]:
    """Group by kind and namespace."""
    groups: dict[tuple[str, str, str], list[Key]] = {}
    for key in keys:
        groups.setdefault((key.group, key.kind, key.namespace), []).append(key)
    return list(groups.values())


def _question(location: Location, keys: Sequence[Key]) -> Command:
    return kubectl(
        Location(location.context, keys[0].namespace),
        "get",
        *(key.argument for key in keys),
        "--ignore-not-found",
        "--no-headers",
        _COLUMNS,
    )


def _marks(answer: Answer) -> dict[str, Owner]:
    rows = [line.split() for line in answer.stdout.splitlines()]
    return {name: tuple(marks) for name, *marks in rows if marks}
