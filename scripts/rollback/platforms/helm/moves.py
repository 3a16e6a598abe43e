"""A release moves as one; the revisions that a move is about."""

from __future__ import annotations

from msgspec.structs import replace

from rollback.contracts import one_move
from rollback.model import Move, Release, Target
from rollback.platforms._cluster import services
from rollback.platforms.helm import details
from rollback.platforms.helm.manifest import WORKLOADS, digest, objects_or_none, workloads
from rollback.platforms.helm.storage import Revision


def moves(target: Target, current: Release, to: Release) -> list[Move]:
    """Return a single move, which knows the pods that are live."""
    (move,) = one_move(target, current, to)
    location = details.of(target)
    live = objects_or_none(applied(move).manifest, location.namespace)
    pods = tuple(
        services.shape(
            key.namespace,
            f"{WORKLOADS[key.kind]}/{key.name}",
            (workload.get("spec") or {}).get("template") or {},
        )
        for key, workload in workloads(live)
    )
    return [replace(move, target=replace(target, details=replace(location, pods=pods)))]


def source(move: Move) -> Revision:
    """Return the live revision: the newest, whatever its status."""
    return details.facts(move.current).revision


def target(move: Move) -> Revision:
    return details.facts(move.to).revision


def applied(move: Move) -> Revision:
    """Return the revision that the live objects are of.

    The source, unless a hook stopped it before its first change.
    """
    return details.facts(move.current).applied or source(move)


def salted(move: Move, revision: Revision) -> str:
    """Return the hash by which scripts recognise the content of a revision."""
    return digest(details.of(move.target).salt, revision.manifest)


def skips_hooks(move: Move) -> bool:
    """True after a hook failed in a rollback: it would fail again.

    A run that was killed is not a failed hook.
    """
    facts = details.facts(move.current)
    return facts.revision.status == "pending-rollback" and not facts.killed_run


def server_side(move: Move, revision: Revision) -> bool:
    """True when Helm applies `revision` on the server: Helm 4 does it as it did before."""
    return details.of(move.target).helm.startswith("v4") and revision.apply_method == "ssa"
