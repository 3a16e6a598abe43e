"""An ordered StatefulSet waits for its bad pod before it replaces any (kubernetes/kubernetes#67250): deleting that pod is a step of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rollback.model import Command, Move, Probe, Step
from rollback.platforms.kubernetes.workloads import Workload

NEEDS = (("list", "pods"), ("delete", "pods"))


def is_stuck(move: Move) -> bool:
    workload: Workload = move.current.facts["workload"]
    revision = move.current.facts["revision"]
    ordered = (
        workload.kind == "statefulset"
        and workload.raw["spec"].get("podManagementPolicy") != "Parallel"
    )
    on_delete = (workload.raw["spec"].get("updateStrategy") or {}).get("type") == "OnDelete"
    return ordered and not on_delete and bool(revision.pods > revision.available)


def freeing(moves: Sequence[Move], steps: Sequence[Step]) -> Iterator[Step]:
    """The same steps; after the last one that changes a stuck set, the one that frees it. Deleted before, the pod would return as it was."""
    last = {at: step.id for step in steps for at in step.moves if is_stuck(moves[at])}
    for step in steps:
        yield step
        for at in step.moves:
            if last.get(at) == step.id:
                yield _free(moves[at], at, step.wave)


def selector(move: Move) -> str:
    own, name = move.target.details["selector"], move.current.facts["revision"].name
    return f"{own},controller-revision-hash={name}" if own else f"controller-revision-hash={name}"


def _free(move: Move, at: int, wave: int) -> Step:
    details = move.target.details
    where = (details["context"], details["namespace"], selector(move))
    title = f"Delete the pods of revision {move.current.id} of statefulset/{details['name']} that are not ready: they hold up every other"
    proof = Probe(Command(("stuck_pods", *where), 20), "none")
    return Step(
        f"free.statefulset.{details['name']}",
        title,
        Command(("delete_stuck", *where)),
        proof,
        moves=(at,),
        wave=wave,
        deadline=120,
    )
