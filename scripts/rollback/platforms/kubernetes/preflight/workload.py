"""Stuck StatefulSets and literal values, which this adapter's steps and files concern."""

from __future__ import annotations

from collections.abc import Iterator

from rollback.model import Finding, Move
from rollback.platforms._cluster import scale
from rollback.platforms._cluster.on_delete import finding
from rollback.platforms.kubernetes import no_inline_values, on_delete, stuck_pods
from rollback.platforms.kubernetes.details import after, before, facts, of
from rollback.platforms.kubernetes.literal_values import suspicious
from rollback.text import clean


def findings(move: Move) -> Iterator[Finding]:
    yield from _stuck(move)
    if on_delete.replaces(move):
        yield finding(on_delete.pods(move))
    yield from _scaled(move)
    yield from _literal_values(move)


def _stuck(move: Move) -> Iterator[Finding]:
    if stuck_pods.is_stuck(move):
        details, number = of(move.target), facts(move.current).revision.number
        message = (
            f"{details.key} is stuck on a pod of revision {number} that is not ready:"
            " a step of this plan deletes it"
        )
        get = f"kubectl -n {details.namespace} get pods -l {stuck_pods.selector(move)}"
        fix = f"approving the plan approves the deletion; list the pods: {get}"
        yield Finding("warning", "statefulset-stuck", message, fix)


def _scaled(move: Move) -> Iterator[Finding]:
    workload = facts(move.current).workload
    if scale.is_zero(workload):
        ends = [facts(move.to).revision, facts(move.current).revision]
        message = f"{workload.key} is scaled to zero: rolling back starts no pod"
        fix = f"start it afterwards: {scale.command(of(move.target), workload, ends)}"
        yield Finding("warning", "scaled-to-zero", message, fix)


def _literal_values(move: Move) -> Iterator[Finding]:
    if no_inline_values.asked([move]):
        return
    names = dict.fromkeys([*suspicious(before(move)), *suspicious(after(move))])
    if names:
        values = f"{clean(', '.join([*names][:5]), 200)} as literal values"
        message = (
            f"{of(move.target).key} holds {values}:"
            " the patches in state/ (0600) contain them with the template"
        )
        fix = "delete the run folder when you no longer need to restore; move them into a Secret"
        yield Finding("note", "inline-values", message, fix)
