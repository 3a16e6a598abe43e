"""Will it stick? Whoever manages the object from above would undo the undo: named, with the exact way around it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rollback.errors import RollbackError
from rollback.model import Finding, Move
from rollback.platforms.kubernetes import rollouts, suspend
from rollback.platforms.kubernetes.kubectl import find
from rollback.platforms.kubernetes.owners import ARGO, Link, chain
from rollback.shell import Shell, last_line


def findings(moves: Sequence[Move], shell: Shell, groups: frozenset[str]) -> Iterator[Finding]:
    """`groups`: API groups that this cluster serves."""
    place = moves[0].target.details
    links = chain(shell, place, [move.current.facts["workload"] for move in moves])
    for link in links:
        yield _verdict(link, suspend.OPTION in place.get("options", ()))
    yield from _busy(links)
    yield from _refused(moves, shell)
    yield from _above(moves, shell, groups)


def _verdict(link: Link, suspending: bool) -> Finding:
    code, what, fix = link.owner.code, link.owner.what, link.owner.fix
    if link.suspended:
        message = f"{link.below} belongs to {what}, which is suspended now"
        return Finding(
            "warning",
            f"{code}-suspended",
            message,
            f"once resumed it brings the present release back: revert git first. {fix}",
        )
    if suspending and suspend.can(link):
        message = f"{link.below} belongs to {what}: this plan suspends it until somebody resumes it"
        return Finding("warning", f"{code}-to-suspend", message, "revert git before that")
    if suspend.can(link):
        fix = f"plan with --{suspend.OPTION}, or by hand: {fix}"
    return Finding(
        "blocker", code, f"{link.below} belongs to {what}, which would undo this rollback", fix
    )


def _busy(links: Sequence[Link]) -> Iterator[Finding]:
    for what, argo in {
        link.owner.what: link.owner.code == ARGO for link in links if link.busy
    }.items():
        fix = (
            "end it first (`argocd app terminate-op`), or wait for it"
            if argo
            else "wait for it, or look afterwards whether anything came back"
        )
        yield Finding(
            "warning",
            "owner-busy",
            f"{what} is bringing something out right now, and suspending it does not stop that",
            fix,
        )


def _refused(moves: Sequence[Move], shell: Shell) -> Iterator[Finding]:
    """Owners live in other namespaces, where this account may not be allowed to change anything."""
    steps = suspend.steps(moves)
    answers = shell.ask_all(
        [
            type(step.do)((*step.do.argv, "--dry-run=server"), step.do.timeout, step.do.variables)
            for step in steps
        ]
    )
    for step, answer in zip(steps, answers, strict=True):
        if isinstance(answer, RollbackError) or answer.status:
            why = answer.message if isinstance(answer, RollbackError) else last_line(answer.stderr)
            yield Finding(
                "blocker",
                "suspend-refused",
                f"{step.title}: {why}",
                "have it suspended by somebody who may, then plan again",
            )


def _above(moves: Sequence[Move], shell: Shell, groups: frozenset[str]) -> Iterator[Finding]:
    """Owners that name the workload from outside: asked for only where the cluster knows their kind."""
    place = moves[0].target.details
    kinds = (("argoproj.io", "v1alpha1", "rollouts"), ("flagger.app", "v1beta1", "canaries"))
    asked = [kind for kind in kinds if kind[0] in groups]
    lists = find(
        shell,
        place,
        *(
            f"/apis/{group}/{version}/namespaces/{place['namespace']}/{plural}"
            for group, version, plural in asked
        ),
    )
    workloads = {(move.target.details["kind"], move.target.details["name"]) for move in moves}
    for (_, _, plural), found in zip(asked, lists, strict=True):
        for one in (found or {}).get("items") or ():
            about = (
                one["spec"].get("workloadRef")
                if plural == "rollouts"
                else one["spec"].get("targetRef")
            ) or {}
            if (about.get("kind", "").lower(), about.get("name")) in workloads:
                yield _named_from_outside(
                    plural, one, f"{about['kind'].lower()}/{about['name']}", place["namespace"]
                )


def _named_from_outside(plural: str, one: Mapping[str, Any], key: str, namespace: str) -> Finding:
    name = one["metadata"]["name"]
    if plural == "rollouts":
        fix = rollouts.way_back(namespace, name)
        return Finding(
            "blocker", "owner-argo-rollouts", f"{key} is run by Rollout {name} (Argo Rollouts)", fix
        )
    fix = f"roll back git (or the release) that {name} follows: an undo by hand starts a new canary analysis"
    return Finding(
        "blocker", "owner-flagger", f"{key} is the target of Canary {name} (Flagger)", fix
    )
