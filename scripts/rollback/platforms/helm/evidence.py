"""What the cluster knows about a release and Helm does not.

Revisions that never served, and the live pod templates.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from rollback.platforms._cluster import content, namespace
from rollback.platforms._cluster.details import Location
from rollback.platforms._cluster.evidence import never_served
from rollback.platforms._cluster.namespace import NamespaceState
from rollback.platforms._cluster.pods import ran as pods_ran
from rollback.platforms._cluster.revisions import pods_of
from rollback.platforms._cluster.workloads import Workload
from rollback.platforms.helm.differences import compare
from rollback.platforms.helm.manifest import (
    WORKLOADS,
    Key,
    Objects,
    objects_or_none,
    workloads,
)
from rollback.platforms.helm.storage import Revision
from rollback.shell import Shell

MOST = 20  # revisions that are compared

States = Mapping[str, NamespaceState]  # by namespace


class NeverServed(Struct, frozen=True):
    """A pod template of a workload (kind/name) that never served, and why that is known."""

    workload: str
    template: Mapping[str, Any]
    reason: str


def read(shell: Shell, location: Location, live: Iterable[Revision]) -> States:
    """Read every namespace in which one of the live revisions has workloads, once."""
    manifests = [objects_or_none(revision.manifest, location.namespace) for revision in live]
    names = {key.namespace: None for objects in manifests for key, _ in workloads(objects)}
    return {name: namespace.read(shell, Location(location.context, name)) for name in names}


def templates(states: States, live: Revision, release_namespace: str) -> dict[str, str]:
    """Return the pod template of each workload of the live revision, as kubectl prints it.

    By namespace/kind.group/name; "" for a workload that is gone.
    """
    found = live_workloads(states, live, release_namespace)
    rows = {}
    for key, _ in workloads(objects_or_none(live.manifest, release_namespace)):
        name = f"{key.namespace}/{key.argument}"
        row = f"{key.namespace}/{key.kind}/{key.name} "
        rows[name] = row + content.printed(found[name].template) if name in found else ""
    return rows


def live_workloads(states: States, live: Revision, release_namespace: str) -> dict[str, Workload]:
    """Return the workloads of the live revision that exist, by namespace/kind.group/name."""
    found = {}
    for key, _ in workloads(objects_or_none(live.manifest, release_namespace)):
        workload = states[key.namespace].workloads.get(_name(key))
        if workload:
            found[f"{key.namespace}/{key.argument}"] = workload
    return found


def pods(states: States, live: Revision, release_namespace: str) -> list[Mapping[str, Any]]:
    """Return the pods of the live pod templates."""
    found: list[Mapping[str, Any]] = []
    for name, workload in live_workloads(states, live, release_namespace).items():
        state = states[name.partition("/")[0]]
        found += pods_of(workload, state.live(workload), state.pods)
    return found


def digests(pods: Iterable[Mapping[str, Any]], images: Mapping[str, str]) -> dict[str, str]:
    """Return what pods run of these images (name -> image); nothing where they disagree."""
    ran: dict[str, set[str]] = {}
    for pod in pods:
        for _, asked, image in pods_ran(pod):
            ran.setdefault(asked, set()).add(image)
    known = {name: ran.get(image, set()) for name, image in images.items()}
    return {name: next(iter(found)) for name, found in known.items() if len(found) == 1}


def against(states: States, known: Sequence[Revision], release_namespace: str) -> dict[int, str]:
    """Return for each bad revision why it is no candidate.

    Without --wait Helm calls even what never served a success.
    Revisions are matched by their pod templates. `known` is newest first.
    """
    bad = list(_never_served(states, objects_or_none(known[0].manifest, release_namespace)))
    if not bad:
        return {}
    reasons: dict[int, str] = {}
    for revision in known[1 : MOST + 1]:
        manifest = objects_or_none(revision.manifest, release_namespace)
        templates = {_name(key): raw["spec"]["template"] for key, raw in workloads(manifest)}
        for case in bad:
            wanted = templates.get(case.workload)
            if wanted is not None and _matches(wanted, case.template):
                reasons[revision.number] = f"{case.workload}: {case.reason}"
    return reasons


def _never_served(states: States, live: Objects) -> Iterator[NeverServed]:
    for name, state in states.items():
        of_release = {_name(key) for key, _ in workloads(live) if key.namespace == name}
        for workload in of_release & set(state.workloads):
            for revision, reason in never_served(state.workloads[workload], state):
                yield NeverServed(workload, revision.template, reason)


def _matches(wanted: Mapping[str, Any], template: Mapping[str, Any]) -> bool:
    return not any(compare("template", wanted, template))


def _name(key: Key) -> str:
    return f"{WORKLOADS[key.kind]}/{key.name}"
