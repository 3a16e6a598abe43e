"""What the cluster says about every workload of the release.

Its state, its owners, quota, rights, and what it refers to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from rollback.model import Finding
from rollback.platforms._cluster import on_delete, suspend
from rollback.platforms._cluster.changes import WorkloadChange
from rollback.platforms._cluster.details import Location
from rollback.platforms._cluster.kubectl import find, kubectl
from rollback.platforms._cluster.preflight import owners, quota, rules, state
from rollback.platforms._cluster.preflight.references import (
    Reference,
    pull_secret_missing,
    references,
)
from rollback.platforms._cluster.revisions import Revision
from rollback.platforms._cluster.workloads import KINDS, Workload
from rollback.platforms.helm.manifest import WORKLOADS, Key
from rollback.platforms.helm.moves import server_side
from rollback.platforms.helm.on_delete import replaced
from rollback.platforms.helm.owners import flux_releases, without_marks
from rollback.platforms.helm.preflight.comparison import Comparison, LiveObjects
from rollback.shell import Shell


def findings(comparison: Comparison, live: LiveObjects, shell: Shell) -> Iterator[Finding]:
    location = comparison.location
    groups, *limits = find(shell, location, "/apis", *quota.paths(location.namespace))
    changes = list(_changes(comparison, live))
    yield from _distinct(
        [
            *(finding for change in changes for finding in state.findings(change)),
            *(on_delete.finding(pods, comparison.release) for pods in replaced(comparison.move)),
            *_of_namespaces(comparison, changes, _names(groups), shell),
            *quota.findings(changes, limits),
            *_owner_of_release(comparison, shell),
            *_missing(comparison, changes, shell),
        ]
    )


def _changes(comparison: Comparison, live: LiveObjects) -> Iterator[WorkloadChange]:
    """The workloads that exist before and after."""
    for key, raw in live.items():
        if key.kind in WORKLOADS and key in comparison.after:
            yield WorkloadChange(
                Location(comparison.location.context, key.namespace),
                _without_marks(key, raw),
                _revision(comparison.source.number, raw),
                _revision(comparison.target.number, comparison.after[key]),
                new_spec=_new_spec(comparison, key, raw["spec"]),
            )


def _new_spec(comparison: Comparison, key: Key, live: Mapping[str, Any]) -> dict[str, Any]:
    before, after = (objects.get(key, {}) for objects in (comparison.before, comparison.after))
    spec = {**live, **(after.get("spec") or {})}
    is_removed = "replicas" in (before.get("spec") or {}) and "replicas" not in after["spec"]
    if is_removed and not server_side(comparison.move, comparison.target):
        del spec["replicas"]  # Helm's merge removes it, and the server fills in its default
    return spec


def _without_marks(key: Key, raw: Any) -> Workload:
    annotations = without_marks(raw["metadata"].get("annotations"))
    meta = {**raw["metadata"], "annotations": annotations}
    return Workload(WORKLOADS[key.kind], {**raw, "metadata": meta})


def _revision(number: int, raw: Any) -> Revision:
    return Revision(number, "", "", "", raw["spec"]["template"])


def _of_namespaces(
    comparison: Comparison, changes: Sequence[WorkloadChange], groups: frozenset[str], shell: Shell
) -> Iterator[Finding]:
    """Owners and rights; a chart may put its workloads into several namespaces."""
    deleting = [pods.location for pods in replaced(comparison.move)]
    by_location: dict[Location, list[Workload]] = {}
    for change in changes:
        by_location.setdefault(change.location, []).append(change.workload)
    for location, group in by_location.items():
        yield from owners.findings(location, group, _is_suspending(comparison), shell)
        yield from owners.outside(location, group, groups, shell)
        needs = [("patch", f"{KINDS[workload.kind]}.apps") for workload in group]
        needs += on_delete.NEEDS if location in deleting else ()
        yield from rules.findings(location.namespace, needs, shell.ask(rules.question(location)))


def _owner_of_release(comparison: Comparison, shell: Shell) -> Iterator[Finding]:
    """Flux names the release itself; and may the plan suspend what it suspends?"""
    location = comparison.location
    releases = flux_releases(shell, location, [comparison.release])
    if releases:
        yield from owners.findings(location, releases, _is_suspending(comparison), shell)
    if location.suspend:
        yield from owners.refused(suspend.steps([comparison.move], [location]), shell)


def _is_suspending(comparison: Comparison) -> bool:
    return suspend.OPTION in comparison.location.options


def _missing(
    comparison: Comparison, changes: Sequence[WorkloadChange], shell: Shell
) -> Iterator[Finding]:
    """Objects outside the manifest that its pods need: by name, never by content."""
    inside = {(key.kind, key.name) for key in comparison.after}
    needed = [item for change in changes for item in references(change.after.template)]
    outside = [item for item in needed if (item.kind, item.name) not in inside]
    names = list(dict.fromkeys((item.kind, item.name) for item in outside))
    existing = _existing(comparison, names, shell) if names else None
    if existing is None:
        return
    for item in outside:
        if (item.kind, item.name) not in existing:
            yield _gone(comparison, item)


def _gone(comparison: Comparison, item: Reference) -> Finding:
    release = f"revision {comparison.target.number} of {comparison.release}"
    if item.for_pulling:
        return pull_secret_missing(release, item)
    message = f"{release} needs {item.kind} {item.name}, which is gone and not in its manifest"
    fix = "bring it back, or name another revision"
    return Finding("blocker", "reference-missing", message, fix)


def _existing(
    comparison: Comparison, names: Sequence[tuple[str, str]], shell: Shell
) -> set[tuple[str, ...]] | None:
    """Return kind and name of those that exist; None where a narrow Role does not allow to look."""
    columns = "--output=custom-columns=:.kind,:.metadata.name"
    arguments = [f"{kind}/{name}" for kind, name in names]
    question = kubectl(
        comparison.location, "get", *arguments, "--ignore-not-found", columns, "--no-headers"
    )
    answer = shell.ask(question)
    if answer.status:
        return None
    return {tuple(line.split()) for line in answer.stdout.splitlines()}


def _names(groups: Any) -> frozenset[str]:
    return frozenset(group["name"] for group in (groups or {}).get("groups") or ())


def _distinct(findings: Iterable[Finding]) -> Iterator[Finding]:
    """An owner of ten workloads is reported once."""
    seen: set[tuple[str, str]] = set()
    for finding in findings:
        is_owner = finding.code.startswith("owner-")
        mark = (finding.code, finding.fix if is_owner else finding.message)
        if mark not in seen:
            seen.add(mark)
            yield finding
