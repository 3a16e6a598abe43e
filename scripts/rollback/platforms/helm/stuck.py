"""A newest revision that never ended: the hook that stopped it, as the cluster still shows it, or the run of ours that was killed in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rollback.records import interrupted as begun
from rollback.clock import seconds_between
from rollback.model import Target
from rollback.platforms.helm import manifest
from rollback.platforms.helm.storage import Stored
from rollback.platforms.kubernetes.kubectl import find
from rollback.shell import Shell

_PATHS = {"Job": "/apis/batch/v1/namespaces/{}/jobs/{}", "Pod": "/api/v1/namespaces/{}/pods/{}"}
_BEGUN = (
    "Running",
    "Failed",
    "Unknown",
)  # Helm writes "Running" before a hook, and nothing after one that failed in a rollback
_SOON = 120  # seconds: Helm writes its new revision before it does anything else


def facts(project: Path, shell: Shell, target: Target, known: Sequence[Stored]) -> dict[str, Any]:
    """`hook`: the one that failed. `were`: what the objects still are, when that hook stopped a rollback before its first change.
    `ours`: the run of ours that began it and of which nothing runs any more.
    """
    newest = known[0]
    if not newest.status.startswith("pending"):
        return {}
    hook = _failed(shell, target.details, newest)
    if hook is None:
        return {"ours": run} if (run := _ours(project, target, newest)) else {}
    found: dict[str, Any] = {"hook": called(hook)}
    if newest.status == "pending-rollback" and "pre-rollback" in (hook.get("events") or ()):
        found["were"] = next((one for one in known if one.status != "pending-rollback"), newest)
    return found


def _ours(project: Path, target: Target, newest: Stored) -> str | None:
    """By content and time: somebody else's rollback to the very same content, begun in the same two minutes, is the only other explanation."""
    if newest.status != "pending-rollback":
        return None
    content = manifest.artifact(target, newest.manifest)
    for one in begun.steps(project, target, f"helm.{target.app}"):
        goals = (one.move.to.artifact, one.move.current.artifact)
        if content in goals and any(
            0 <= seconds_between(at, newest.deployed_at) <= _SOON for at in one.at
        ):
            return one.run
    return None


def called(hook: Mapping[str, Any]) -> str:
    return f"{hook.get('kind')}/{hook.get('name')}"


def _failed(shell: Shell, place: Mapping[str, Any], newest: Stored) -> Mapping[str, Any] | None:
    begun = [
        one
        for one in newest.hooks
        if (one.get("last_run") or {}).get("phase") in _BEGUN and one.get("kind") in _PATHS
    ]
    found = find(
        shell,
        place,
        *(_PATHS[one["kind"]].format(place["namespace"], one["name"]) for one in begun),
    )
    return next((one for one, there in zip(begun, found, strict=True) if _ended_badly(there)), None)


def _ended_badly(there: Mapping[str, Any] | None) -> bool:
    status = (there or {}).get("status") or {}
    return status.get("phase") == "Failed" or any(
        one["type"] == "Failed" and one["status"] == "True"
        for one in status.get("conditions") or ()
    )
