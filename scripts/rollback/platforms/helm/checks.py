"""Helm's own view of a release, then Kubernetes' view of every workload in its live manifest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rollback.errors import RollbackError
from rollback.model import Check, Move
from rollback.platforms._cluster import proxy
from rollback.platforms._cluster.checks import checks as of_workloads
from rollback.platforms._cluster.details import Location
from rollback.platforms._cluster.workloads import Workload, WorkloadName
from rollback.platforms.helm import details, storage, unapplied
from rollback.platforms.helm.differences import listed
from rollback.platforms.helm.manifest import WORKLOADS, objects, workloads
from rollback.platforms.helm.storage import Revision
from rollback.shell import Shell
from rollback.text import clean


def prepare(moves: Sequence[Move], shell: Shell) -> None:
    """Begin to connect: checks will read soon."""
    if moves:
        proxy.start(shell, details.of(moves[0].target).context)


def checks(moves: Sequence[Move], shell: Shell) -> Iterable[Check]:
    """Read again what is live: a rollback changes which workloads there are. Raises Unreadable."""
    if not moves:
        return
    location = details.of(moves[0].target)
    apps = [move.target.app for move in moves]
    for move, revision in zip(moves, storage.newest(shell, location, apps), strict=True):
        yield from _of_release(move, revision, location, shell)


def _of_release(
    move: Move, revision: Revision | None, location: Location, shell: Shell
) -> Iterator[Check]:
    app, pods = move.target.app, details.of(move.target).pods
    if revision is None:
        yield Check(f"release {app}", "unhealthy", "it is gone")
        return
    if revision.status != "deployed":
        description = clean(revision.description, 100)
        detail = f"revision {revision.number} is {revision.status}: {description}"
        yield Check(f"release {app}", "unhealthy", detail)
    try:
        named = named_workloads(revision, location.namespace)
    except RollbackError as error:
        yield Check(f"release {app}", "unknown", error.message)
        return
    if revision.status == "deployed" and revision.number > int(move.current.id):
        yield from _of_content(app, revision, location, shell)
    for namespace, names in named.items():
        planned = [shape for shape in pods if shape.namespace == namespace]
        yield from of_workloads(Location(location.context, namespace), names, shell, None, planned)


def _of_content(app: str, revision: Revision, location: Location, shell: Shell) -> Iterator[Check]:
    """Compare what this run has applied with what lives; nothing where they are the same."""
    if paths := unapplied.fields(shell, location, revision):
        again = f"helm -n {location.namespace} rollback {app} {revision.number}"
        detail = (
            f"Helm's merge did not apply all of revision {revision.number}: {listed(paths)}; "
            f"apply it again: {again}"
        )
        yield Check(f"content of {app}", "unhealthy", detail)


def named_workloads(revision: Revision, release_namespace: str) -> dict[str, list[WorkloadName]]:
    """Group the workloads of the manifest by namespace."""
    names: dict[str, list[WorkloadName]] = {}
    for key, manifest in workloads(objects(revision.manifest, release_namespace)):
        name = Workload(WORKLOADS[key.kind], dict(manifest)).named
        names.setdefault(key.namespace, []).append(name)
    return names
