"""Deletion of pods that the controller itself does not replace, as steps of their own.

An ordered StatefulSet waits for its bad pod before it replaces any
(kubernetes/kubernetes#67250).
"""

from __future__ import annotations

from collections.abc import Sequence

from rollback.model import Command, Move, Probe, Step
from rollback.platforms._cluster import typed
from rollback.platforms._cluster.details import Location
from rollback.platforms._cluster.kubectl import VARIABLES
from rollback.platforms._cluster.on_delete import is_chosen
from rollback.platforms.kubernetes import on_delete
from rollback.platforms.kubernetes.details import facts, of


def is_stuck(move: Move) -> bool:
    current = facts(move.current)
    spec, revision = current.workload.raw["spec"], current.revision
    if current.workload.kind != "statefulset" or spec.get("podManagementPolicy") == "Parallel":
        return False
    return not is_chosen(spec) and revision.pods > revision.available


def with_deletions(moves: Sequence[Move], steps: Sequence[Step]) -> list[Step]:
    """Return the steps, with a deletion after the last change of each workload that needs one.

    A pod that is deleted before the change would return as it was.
    """
    deletions = {move.id: move for move in moves if is_stuck(move) or on_delete.replaces(move)}
    last = {id: step.id for step in steps for id in step.moves if id in deletions}
    extended: list[Step] = []
    for step in steps:
        extended.append(step)
        for id in step.moves:
            if last.get(id) == step.id:
                extended.append(_deletion(deletions[id], step.wave))
    return extended


def selector(move: Move) -> str:
    pod_selector = of(move.target).selector
    revision = f"controller-revision-hash={facts(move.current).revision.name}"
    return f"{pod_selector},{revision}" if pod_selector else revision


def _deletion(move: Move, wave: int) -> Step:
    if on_delete.replaces(move):
        return on_delete.step(move, wave)
    details = of(move.target)
    words = (details.context, details.namespace, selector(move))
    by_hand = typed.delete_not_ready(Location(details.context, details.namespace), selector(move))
    pods = f"the pods of revision {move.current.id} of {details.key} that are not ready"
    return Step(
        f"{move.id}.delete-stuck-pods",
        f"Delete {pods}: they block the rollout",
        Command(("delete_stuck", *words), 60, VARIABLES, by_hand),
        Probe(Command(("stuck_pods", *words), 20, VARIABLES), "none"),
        moves=(move.id,),
        wave=wave,
        deadline=120,
    )
