"""A program in the release of a workload that is left."""

from __future__ import annotations

from collections.abc import Sequence

from rollback.model import Inside, Move
from rollback.platforms._cluster import inside as cluster
from rollback.platforms._cluster.details import Location
from rollback.platforms.kubernetes import no_inline_values
from rollback.platforms.kubernetes.details import Facts, of
from rollback.shell import Shell

_LABELS = {"deployment": "pod-template-hash"}  # the others: controller-revision-hash


def inside(move: Move, folder: str, argv: Sequence[str], shell: Shell) -> list[Inside]:
    """Return how a program is run; `folder` is the image's own.

    Empty: its image cannot be had, or --no-inline-values keeps its template out of files.
    """
    facts, details = move.current.facts, of(move.target)
    if not isinstance(facts, Facts) or no_inline_values.asked([move]):
        return []
    location = Location(details.context, details.namespace)
    label = _LABELS.get(details.kind, "controller-revision-hash")
    hash = facts.revision.hash if label in _LABELS.values() else facts.revision.name
    pods = cluster.pods(location, {label: hash}, shell)
    way = cluster.inside(location, facts.workload, pods, argv)
    return [way] if way else []
