"""Helm's own view of a release, then Kubernetes' view of every workload of its live manifest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from rollback.errors import RollbackError
from rollback.model import Check, Move, Release, Target
from rollback.platforms.helm import manifest, storage
from rollback.platforms.helm.storage import Stored
from rollback.platforms.kubernetes.checks import checks as of_workloads
from rollback.platforms.kubernetes.checks import prepare
from rollback.shell import Shell
from rollback.text import clean

__all__ = ["checks", "prepare"]


def checks(moves: Sequence[Move], shell: Shell) -> Iterable[Check]:
    """What is live is read anew: a rollback changes which workloads there are. Raises Unreadable."""
    if not moves:
        return
    found = storage.newest(shell, moves[0].target.details, [move.target.app for move in moves])
    for move, one in zip(moves, found, strict=True):
        yield from _of_release(move, one, shell)


def _of_release(move: Move, one: Stored | None, shell: Shell) -> Iterable[Check]:
    name = f"release {move.target.app}"
    if one is None:
        yield Check(name, "unhealthy", "it is gone")
        return
    if one.status != "deployed":
        yield Check(
            name,
            "unhealthy",
            f"revision {one.number} is {one.status}: {clean(one.description, 100)}",
        )
    try:
        parts = manifest.workloads(manifest.objects(one.manifest, move.target.details["namespace"]))
    except RollbackError as error:
        yield Check(name, "unknown", error.message)
        return
    for namespace in dict.fromkeys(own for own, _ in parts):
        yield from of_workloads(
            [_as_move(move.target, namespace, raw) for own, raw in parts if own == namespace], shell
        )


def _as_move(target: Target, namespace: str, raw: Mapping[str, Any]) -> Move:
    """A workload of the manifest in the form in which Kubernetes' checks take it."""
    chosen = (raw["spec"].get("selector") or {}).get("matchLabels") or {}
    facts = {
        "context": target.details["context"],
        "namespace": namespace,
        "kind": manifest.WORKLOADS[raw["kind"]],
        "name": raw["metadata"]["name"],
        "selector": ",".join(f"{key}={value}" for key, value in chosen.items()),
    }
    nowhere = Release("")
    return Move(replace(target, details=facts), nowhere, nowhere)
