"""Strategy OnDelete: a step of their own deletes the pods of a move."""

from __future__ import annotations

from rollback.model import Move, Step
from rollback.platforms._cluster import on_delete
from rollback.platforms._cluster.details import Location
from rollback.platforms._cluster.on_delete import Pods
from rollback.platforms.kubernetes.details import before, facts, of


def replaces(move: Move) -> bool:
    """Whether the pods of this move have to be deleted."""
    raw = facts(move.current).workload.raw
    return on_delete.is_chosen(raw["spec"]) and on_delete.count(raw) > 0


def pods(move: Move) -> Pods:
    details = of(move.target)
    return Pods(
        Location(details.context, details.namespace),
        details.workload,
        on_delete.count(facts(move.current).workload.raw),
        on_delete.grace(before(move)),
    )


def step(move: Move, wave: int) -> Step:
    details = of(move.target)
    titles = (
        on_delete.title(details.key, move.to.id),
        on_delete.title(details.key, move.current.id),
    )
    return on_delete.step(f"{move.id}.replace-pods", pods(move), titles, (move.id,), wave)
