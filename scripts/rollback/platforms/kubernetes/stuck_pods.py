"""Deletion of stuck pods, as a step of its own.

An ordered StatefulSet waits for its bad pod before it replaces any
(kubernetes/kubernetes#67250).
"""

from __future__ import annotations

from collections.abc import Sequence

from rollback.model import Command, Move, Probe, Step
from rollback.platforms._cluster.kubectl import VARIABLES
from rollback.platforms.kubernetes.details import facts, of

NEEDS = (("list", "pods"), ("delete", "pods"))


def is_stuck(move: Move) -> bool:
    current = facts(move.current)
    spec, revision = current.workload.raw["spec"], current.revision
    if current.workload.kind != "statefulset" or spec.get("podManagementPolicy") == "Parallel":
        return False
    on_delete = (spec.get("updateStrategy") or {}).get("type") == "OnDelete"
    return not on_delete and revision.pods > revision.available


def with_deletions(moves: Sequence[Move], steps: Sequence[Step]) -> list[Step]:
    """Return the steps, with a deletion after the last change of each stuck set.

    A pod that is deleted before the change would return as it was.
    """
    stuck = {move.id: move for move in moves if is_stuck(move)}
    last = {id: step.id for step in steps for id in step.moves if id in stuck}
    extended: list[Step] = []
    for step in steps:
        extended.append(step)
        for id in step.moves:
            if last.get(id) == step.id:
                extended.append(_deletion(stuck[id], step.wave))
    return extended


def selector(move: Move) -> str:
    pod_selector = of(move.target).selector
    revision = f"controller-revision-hash={facts(move.current).revision.name}"
    return f"{pod_selector},{revision}" if pod_selector else revision


def _deletion(move: Move, wave: int) -> Step:
    details = of(move.target)
    words = (details.context, details.namespace, selector(move))
    pods = f"the pods of revision {move.current.id} of {details.key} that are not ready"
    return Step(
        f"{move.id}.delete-stuck-pods",
        f"Delete {pods}: they block the rollout",
        Command(("delete_stuck", *words), variables=VARIABLES),
        Probe(Command(("stuck_pods", *words), 20, VARIABLES), "none"),
        moves=(move.id,),
        wave=wave,
        deadline=120,
    )
