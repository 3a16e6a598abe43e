"""A program in a workload of the Helm release that is left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rollback.model import Inside, Move
from rollback.platforms._cluster import inside as cluster
from rollback.platforms._cluster.details import Location
from rollback.platforms._cluster.workloads import Workload
from rollback.platforms.helm.details import Facts, of
from rollback.shell import Shell


def inside(move: Move, folder: str, argv: Sequence[str], shell: Shell) -> list[Inside]:
    """Return how a program is run in each workload of the release; `folder` is the image's own.

    Empty: none of it was applied, or --no-inline-values keeps its templates out of files.
    """
    facts, location = move.current.facts, of(move.target)
    if not isinstance(facts, Facts) or facts.applied or "no-inline-values" in location.options:
        return []
    return list(_ways(facts, location, move.target.app, argv))


def _ways(facts: Facts, location: Location, app: str, argv: Sequence[str]) -> Iterator[Inside]:
    """Yield the ways, first those that are likely to be the application: a tool is asked there."""

    def is_other(name: str) -> tuple[bool, bool, str]:
        workload = facts.workloads[name]
        return workload.kind != "deployment", not workload.name.startswith(app), name

    for name in sorted(facts.workloads, key=is_other):
        namespace, workload = name.partition("/")[0], facts.workloads[name]
        pods = [pod for pod in facts.pods if _is_of(pod, namespace, workload)]
        if way := cluster.inside(Location(location.context, namespace), workload, pods, argv):
            yield way


def _is_of(pod: cluster.Pod, namespace: str, workload: Workload) -> bool:
    labels = pod["metadata"].get("labels") or {}
    wanted = (workload.raw["spec"].get("selector") or {}).get("matchLabels") or {}
    return pod["metadata"].get("namespace") == namespace and wanted.items() <= labels.items()
