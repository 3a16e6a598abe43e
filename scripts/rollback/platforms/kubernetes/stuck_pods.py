"""An ordered StatefulSet waits for its bad pod before it replaces any (kubernetes/kubernetes#67250): deleting that pod is a step of its own."""

from __future__ import annotations

from collections.abc import Sequence

from rollback.model import Command, Move, Probe, Step
from rollback.platforms._cluster.kubectl import VARIABLES
from rollback.platforms.kubernetes.details import facts, of

NEEDS = (("list", "pods"), ("delete", "pods"))


def is_stuck(move: Move) -> bool:
    known = facts(move.current)
    spec, revision = known.workload.raw["spec"], known.revision
    if known.workload.kind != "statefulset" or spec.get("podManagementPolicy") == "Parallel":
        return False
    on_delete = (spec.get("updateStrategy") or {}).get("type") == "OnDelete"
    return not on_delete and revision.pods > revision.available


def with_deletions(moves: Sequence[Move], steps: Sequence[Step]) -> list[Step]:
    """The same steps; after the last one that changes a stuck set, the deletion. Deleted before, the pod would return as it was."""
    stuck = {move.id: move for move in moves if is_stuck(move)}
    last = {id: step.id for step in steps for id in step.moves if id in stuck}
    found: list[Step] = []
    for step in steps:
        found.append(step)
        for id in step.moves:
            if last.get(id) == step.id:
                found.append(_deletion(stuck[id], step.wave))
    return found


def selector(move: Move) -> str:
    own = of(move.target).selector
    revision = f"controller-revision-hash={facts(move.current).revision.name}"
    return f"{own},{revision}" if own else revision


def _deletion(move: Move, wave: int) -> Step:
    details = of(move.target)
    words = (details.context, details.namespace, selector(move))
    pods = f"the pods of revision {move.current.id} of {details.key} that are not ready"
    return Step(
        f"{move.id}.delete-stuck-pods",
        f"Delete {pods}: they hold up every other",
        Command(("delete_stuck", *words), variables=VARIABLES),
        Probe(Command(("stuck_pods", *words), 20, VARIABLES), "none"),
        moves=(move.id,),
        wave=wave,
        deadline=120,
    )
