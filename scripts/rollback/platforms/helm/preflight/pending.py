"""A release whose newest revision never ended: somebody is at it, or it is stuck; each has one safe way out."""

from __future__ import annotations

from collections.abc import Iterator

from rollback.clock import age, seconds_since
from rollback.model import Finding
from rollback.platforms.helm.preflight.pair import Pair

PATIENCE = (
    900  # seconds: three times Helm's own timeout; nobody who is still at work looks like this
)


def findings(both: Pair) -> Iterator[Finding]:
    status, number = both.current.status, both.current.number
    if status.startswith("uninstall"):
        message = (
            f"release {both.release} is {status}: its objects are gone, only its history is left"
        )
        fix = f"bring it back by hand: helm -n {both.place['namespace']} rollback {both.release} {both.to.number} --wait"
        yield Finding("blocker", "uninstalled", message, fix)
    if not status.startswith("pending"):
        return
    seconds = seconds_since(both.current.deployed_at)
    since = f"revision {number} of {both.release} is {status} for {age(max(seconds, 0))}"
    hook, ours = (both.move.current.facts.get(name) for name in ("hook", "ours"))
    if hook:
        without = " without hooks" if status == "pending-rollback" else ""
        yield Finding(
            "warning",
            "stuck",
            f"{since}: hook {hook} failed and Helm stopped there; this rollback{without} frees it",
        )
    elif ours:
        message = f"{since}: run {ours} of this project began it, and nothing of that run is alive here; this rollback frees it"
        yield Finding("warning", "stuck", message)
    elif seconds < PATIENCE:
        fix = f"wait until it ends; if its process is gone, plan again when it is {PATIENCE // 60} minutes old"
        yield Finding("blocker", "deploy-in-flight", f"{since}: somebody is deploying", fix)
    else:
        message = f"{since}: whoever began it is gone; this rollback frees it"
        yield Finding("warning", "stuck", message, "make sure that no helm process is still at it")
