"""What the rollback would delete, and what it would try to change that no server lets it change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rollback.model import Finding
from rollback.platforms.helm.leftovers import PRECIOUS
from rollback.platforms.helm.manifest import Key, kept
from rollback.platforms.helm.preflight.pair import Pair


def findings(both: Pair) -> Iterator[Finding]:
    gone = [key for key in both.now if key not in both.then]
    for key in gone:
        yield from _blocked(both, key)
    if plain := [key for key in gone if not _blocked(both, key)]:
        listed = ", ".join(map(both.called, plain[:8])) + (f" and {len(plain) - 8} more" if len(plain) > 8 else "")
        yield Finding("warning", "deletes", f"revision {both.to.number} of {both.release} lacks, so Helm deletes: {listed}", "back up what they hold")


def _blocked(both: Pair, key: Key) -> list[Finding]:
    one, name = both.now[key], both.called(key)
    by_hand = f"helm get manifest {both.release} --revision {both.to.number} shows the target; deploy it anew with this object in its chart"
    if kept(one):
        message = f"{name} is marked to be kept and revision {both.to.number} lacks it: Helm would let go of it, and later changes fail on it"
        return [Finding("blocker", "kept-object", message, by_hand)]
    if key[:2] in PRECIOUS:
        message = f"revision {both.to.number} lacks {name}: Helm would delete it with {PRECIOUS[key[0], key[1]]}"
        return [Finding("blocker", "destructive", message, by_hand)]
    if _deletes_claims(one):
        message = f"revision {both.to.number} lacks {name}: Helm would delete it, and with it its volumes (whenDeleted: Delete)"
        return [Finding("blocker", "destructive", message, by_hand)]
    return []


def _deletes_claims(one: Any) -> bool:
    policy = (one.get("spec") or {}).get("persistentVolumeClaimRetentionPolicy") or {}
    return bool(one["kind"] == "StatefulSet" and policy.get("whenDeleted") == "Delete")
