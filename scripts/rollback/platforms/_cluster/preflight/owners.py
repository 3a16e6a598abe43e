"""Owners that would redo what this rollback undoes, and how to stop them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from rollback.errors import RollbackError
from rollback.model import Finding, Step
from rollback.platforms._cluster import rollouts, suspend
from rollback.platforms._cluster.details import Location
from rollback.platforms._cluster.kubectl import find
from rollback.platforms._cluster.owners import ARGO, Link, chain
from rollback.platforms._cluster.workloads import Workload
from rollback.shell import Answer, Shell, last_line

# (group, version, plural, field of the spec that names the workload)
_OUTSIDE = (
    ("argoproj.io", "v1alpha1", "rollouts", "workloadRef"),
    ("flagger.app", "v1beta1", "canaries", "targetRef"),
)


def findings(
    location: Location, workloads: Sequence[Workload], suspending: bool, shell: Shell
) -> Iterator[Finding]:
    """Report owners that the workloads name.

    `suspending`: this plan suspends those that can be suspended.
    """
    links = chain(shell, location, workloads)
    for link in links:
        yield _verdict(link, suspending)
    yield from _busy(links)


def refused(steps: Sequence[Step], shell: Shell) -> Iterator[Finding]:
    """Report suspensions that the server refuses, by a dry run of each.

    Owners live in other namespaces, where this account may not be allowed to change anything.
    """
    dry_runs = [replace(step.do, argv=(*step.do.argv, "--dry-run=server")) for step in steps]
    for step, answer in zip(steps, shell.ask_all(dry_runs), strict=True):
        if why := _refusal(answer):
            fix = "ask somebody with permission to suspend it, then plan again"
            yield Finding("blocker", "suspend-refused", f"{step.title}: {why}", fix)


def outside(
    location: Location, workloads: Sequence[Workload], groups: frozenset[str], shell: Shell
) -> Iterator[Finding]:
    """Report owners that name the workload, though the workload does not name them.

    `groups`: API groups that this cluster serves; no other kind is read.
    """
    kinds = [kind for kind in _OUTSIDE if kind[0] in groups]
    base = f"namespaces/{location.namespace}"
    paths = [f"/apis/{group}/{version}/{base}/{plural}" for group, version, plural, _ in kinds]
    keys = {workload.key for workload in workloads}
    for (_, _, plural, field), answer in zip(kinds, find(shell, location, *paths), strict=True):
        for raw in (answer or {}).get("items") or ():
            about = raw["spec"].get(field) or {}
            key = f"{about.get('kind', '').lower()}/{about.get('name')}"
            if key in keys:
                yield _controller(plural, raw, key, location.namespace)


def _verdict(link: Link, suspending: bool) -> Finding:
    code, what, fix = link.owner.code, link.owner.what, link.owner.fix
    if link.suspended:
        message = f"{link.below} belongs to {what}, which is suspended"
        fix = f"once resumed it will redeploy the current release: revert git first. {fix}"
        return Finding("warning", f"{code}-suspended", message, fix)
    if suspending and suspend.possible(link):
        message = f"{link.below} belongs to {what}: this plan suspends it until somebody resumes it"
        return Finding("warning", f"{code}-to-suspend", message, "revert git before it is resumed")
    if suspend.possible(link):
        fix = f"plan with --{suspend.OPTION}, or by hand: {fix}"
    message = f"{link.below} belongs to {what}, which would undo this rollback"
    return Finding("blocker", code, message, fix)


def _busy(links: Sequence[Link]) -> Iterator[Finding]:
    busy = {link.owner.what: link.owner.code for link in links if link.busy}
    for what, code in busy.items():
        message = f"{what} is deploying right now, and suspending it does not stop that"
        fix = "wait for it, or check afterwards whether it undid the rollback"
        if code == ARGO:
            fix = "end it first (`argocd app terminate-op`), or wait for it"
        yield Finding("warning", "owner-busy", message, fix)


def _refusal(answer: Answer | RollbackError) -> str:
    if isinstance(answer, RollbackError):
        return answer.message
    return last_line(answer.stderr) if answer.status else ""


def _controller(plural: str, raw: Mapping[str, Any], key: str, namespace: str) -> Finding:
    name = raw["metadata"]["name"]
    if plural == "rollouts":
        message = f"{key} is managed by Rollout {name} (Argo Rollouts)"
        return Finding("blocker", "owner-argo-rollouts", message, rollouts.undo(namespace, name))
    message = f"{key} is the target of Canary {name} (Flagger)"
    fix = (
        f"roll back git (or the release) that {name} follows:"
        " an undo by hand starts a new canary analysis"
    )
    return Finding("blocker", "owner-flagger", message, fix)
