"""What the rollback would delete, and what its way back would."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from rollback.model import Finding
from rollback.platforms.helm import way_back
from rollback.platforms.helm.manifest import Key, kept
from rollback.platforms.helm.precious import lost
from rollback.platforms.helm.preflight.pair import Pair


def findings(both: Pair) -> Iterator[Finding]:
    gone = [key for key in both.had if key not in both.then]
    for key in gone:
        yield from _blocked(both, key)
    if plain := [key for key in gone if not _blocked(both, key)]:
        message = f"revision {both.to.number} of {both.release} lacks, so Helm deletes: {_listed(both, plain)}"
        yield Finding("warning", "deletes", message, "back up what they hold")
    yield from _on_the_way_back(both)


def _blocked(both: Pair, key: Key) -> list[Finding]:
    one, name = both.had[key], both.called(key)
    by_hand = f"helm get manifest {both.release} --revision {both.to.number} shows the target; deploy it anew with this object in its chart"
    if kept(one):
        message = f"{name} is marked to be kept and revision {both.to.number} lacks it: Helm would let go of it, and later changes fail on it"
        return [Finding("blocker", "kept-object", message, by_hand)]
    if what := lost(key, one):
        message = f"revision {both.to.number} lacks {name}: Helm would delete it with {what}"
        return [Finding("blocker", "destructive", message, by_hand)]
    return []


def _on_the_way_back(both: Pair) -> Iterator[Finding]:
    new = way_back.deletes(both.were, both.to, both.place["namespace"])
    if precious := [
        f"{both.called(key)} with {what}" for key, one in new.items() if (what := lost(key, one))
    ]:
        message = f"{both.release} cannot be taken back by restore.sh: revision {both.were.number} lacks, so Helm would delete: {', '.join(precious)}"
        yield Finding(
            "warning",
            "no-way-back",
            message,
            f"to go forward again deploy revision {both.were.number} anew with it in its chart",
        )
    elif new:
        message = f"revision {both.were.number} of {both.release} lacks, so restore.sh deletes: {_listed(both, new)}"
        yield Finding("warning", "restore-deletes", message, "back up what they hold by then")


def _listed(both: Pair, keys: Collection[Key]) -> str:
    names = list(map(both.called, keys))
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
