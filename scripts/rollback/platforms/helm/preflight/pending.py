"""A release whose newest revision never ended: someone is deploying, or it is stuck."""

from __future__ import annotations

from collections.abc import Iterator

from rollback.clock import age, seconds_since
from rollback.model import Finding
from rollback.platforms.helm import details
from rollback.platforms.helm.preflight.comparison import Comparison

ABANDONED = 900  # seconds: three times Helm's own timeout; no deploy at work is that old


def findings(comparison: Comparison) -> Iterator[Finding]:
    status = comparison.source.status
    if status.startswith("uninstall"):
        yield _uninstalled(comparison)
    if status.startswith("pending"):
        yield _pending(comparison)


def _uninstalled(comparison: Comparison) -> Finding:
    release, namespace = comparison.release, comparison.location.namespace
    message = (
        f"release {release} is {comparison.source.status}: its objects are gone, only its history "
        "is left"
    )
    command = f"helm -n {namespace} rollback {release} {comparison.target.number} --wait"
    return Finding("blocker", "uninstalled", message, f"bring it back by hand: {command}")


def _pending(comparison: Comparison) -> Finding:
    revision, facts = comparison.source, details.facts(comparison.move.current)
    seconds = seconds_since(revision.deployed_at)
    since = (
        f"revision {revision.number} of {comparison.release} is {revision.status} for "
        f"{age(max(seconds, 0))}"
    )
    if facts.failed_hook:
        without = " without hooks" if revision.status == "pending-rollback" else ""
        message = (
            f"{since}: hook {facts.failed_hook} failed and Helm stopped; this rollback{without} "
            "frees it"
        )
        return Finding("warning", "stuck", message)
    if facts.killed_run:
        message = (
            f"{since}: run {facts.killed_run} of this project began it and is dead; this rollback "
            "frees it"
        )
        return Finding("warning", "stuck", message)
    if seconds < ABANDONED:
        minutes = ABANDONED // 60
        fix = (
            f"wait until it ends; if its process is gone, plan again when it is {minutes} minutes "
            "old"
        )
        return Finding("blocker", "deploy-in-flight", f"{since}: someone is deploying", fix)
    message = f"{since}: whoever began it is gone; this rollback frees it"
    return Finding("warning", "stuck", message, "make sure that no helm process still works on it")
