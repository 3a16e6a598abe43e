"""Objects that the rollback would make and that are there already: somebody else's, or this release's own from an earlier try."""

from __future__ import annotations

from collections.abc import Iterator

from rollback.errors import RollbackError
from rollback.model import Finding
from rollback.platforms.helm.leftovers import word
from rollback.platforms.helm.manifest import Key
from rollback.platforms.helm.preflight.pair import Pair
from rollback.platforms.kubernetes.kubectl import kubectl
from rollback.shell import Shell

_MARKS = ("release-name", "release-namespace")
_COLUMNS = "--output=custom-columns=:.metadata.name," + ",".join(
    rf":.metadata.annotations.meta\.helm\.sh/{mark}" for mark in _MARKS
)


def findings(both: Pair, shell: Shell) -> Iterator[Finding]:
    """Helm stops on what its newest manifest lacks, and takes it over when it is started again (measured with 3.19.0 and 4.0.1)."""
    owners = _owners(both, shell)
    ours = (both.release, both.place["namespace"])
    if foreign := [both.called(key) for key, owner in owners.items() if owner != ours]:
        message = f"{', '.join(foreign)}: there, but not of release {both.release}; this rollback would take it over and overwrite it"
        yield Finding("blocker", "in-the-way", message, "see whose it is, and rename or delete it")
    if own := [both.called(key) for key, owner in owners.items() if owner == ours]:
        message = f"{', '.join(own)}: there although revision {both.current.number} lacks it; Helm stops on it once and is started again"
        yield Finding("note", "left-behind", message)


def _owners(both: Pair, shell: Shell) -> dict[Key, tuple[str, ...]]:
    """Of those that are there, the release that they are marked with: of objects of any kind only names and marks are asked for."""
    groups: dict[tuple[str, str, str], list[Key]] = {}
    for key in both.then:
        if key not in both.now:
            groups.setdefault(key[:3], []).append(key)
    asked = [
        kubectl(
            {**both.place, "namespace": keys[0][2]},
            "get",
            *map(word, keys),
            "--ignore-not-found",
            "--no-headers",
            _COLUMNS,
        )
        for keys in groups.values()
    ]
    found: dict[Key, tuple[str, ...]] = {}
    for keys, answer in zip(groups.values(), shell.ask_all(asked), strict=True):
        if isinstance(answer, RollbackError):
            continue  # the script asks again, and stops where nothing can be said
        rows = {
            name: tuple(marks)
            for name, *marks in map(str.split, answer.stdout.splitlines())
            if marks
        }
        found |= {key: rows[key[3]] for key in keys if key[3] in rows}
    return found
