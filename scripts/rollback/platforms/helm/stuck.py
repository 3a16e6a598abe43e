"""A newest revision that never ended, or that changed nothing.

The hook that stopped it, or the run of this project that was killed during it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rollback.clock import seconds_between
from rollback.model import Target
from rollback.platforms._cluster.details import Location
from rollback.platforms._cluster.kubectl import find
from rollback.platforms.helm import details
from rollback.platforms.helm.details import Facts
from rollback.platforms.helm.manifest import artifact
from rollback.platforms.helm.steps import ROLLBACK
from rollback.platforms.helm.storage import Revision
from rollback.records import interrupted
from rollback.shell import Shell

_PATHS = {"Job": "/apis/batch/v1/namespaces/{}/jobs/{}", "Pod": "/api/v1/namespaces/{}/pods/{}"}
# Helm writes "Running" before a hook, and nothing after one that failed in a rollback
_STARTED = ("Running", "Failed", "Unknown")
_NOTHING_CHANGED = "pre-upgrade hooks failed"  # so Helm 3 and 4 describe it
_SOON = 120  # seconds: Helm writes its new revision before it does anything else


def facts(project: Path, shell: Shell, target: Target, known: Sequence[Revision]) -> Facts:
    """Return what is known about the newest revision. `known` is newest first."""
    newest = known[0]
    if _changed_nothing(newest):
        return Facts(newest, applied=next(filter(_is_applied, known), None))
    if not newest.status.startswith("pending"):
        return Facts(newest)
    hook = _failed_hook(shell, details.of(target), newest)
    if hook is None:
        return Facts(newest, killed_run=_killed_run(project, target, newest))
    stopped_first = newest.status == "pending-rollback" and "pre-rollback" in (
        hook.get("events") or ()
    )
    return Facts(newest, failed_hook=label(hook), applied=_before(known) if stopped_first else None)


def label(hook: Mapping[str, Any]) -> str:
    return f"{hook.get('kind')}/{hook.get('name')}"


def _changed_nothing(revision: Revision) -> bool:
    return revision.status == "failed" and _NOTHING_CHANGED in revision.description


def _is_applied(revision: Revision) -> bool:
    return revision.status != "pending-rollback" and not _changed_nothing(revision)


def _before(known: Sequence[Revision]) -> Revision:
    """Return the revision that was applied before the rollbacks that a hook stopped."""
    return next((revision for revision in known if revision.status != "pending-rollback"), known[0])


def _killed_run(project: Path, target: Target, newest: Revision) -> str:
    """Return the run that began the revision, "" when none did.

    Matched by content and time: the only other explanation is someone else's rollback to the very
    same content, begun within the same two minutes.
    """
    if newest.status != "pending-rollback":
        return ""
    content = artifact(target, newest.manifest)
    for step in interrupted.steps(project, target, ROLLBACK):
        goals = (step.move.to.artifact, step.move.current.artifact)
        if content in goals and any(_follows(newest, at) for at in step.at):
            return step.run
    return ""


def _follows(revision: Revision, at: str) -> bool:
    return 0 <= seconds_between(at, revision.deployed_at) <= _SOON


def _failed_hook(shell: Shell, location: Location, newest: Revision) -> Mapping[str, Any] | None:
    """Return the hook whose Job or Pod the cluster still shows as failed."""
    started = [hook for hook in newest.hooks if _was_started(hook)]
    paths = [_PATHS[hook["kind"]].format(location.namespace, hook["name"]) for hook in started]
    objects = find(shell, location, *paths)
    pairs = zip(started, objects, strict=True)
    return next((hook for hook, raw in pairs if raw and _has_failed(raw)), None)


def _was_started(hook: Mapping[str, Any]) -> bool:
    phase = (hook.get("last_run") or {}).get("phase")
    return phase in _STARTED and hook.get("kind") in _PATHS


def _has_failed(job_or_pod: Mapping[str, Any]) -> bool:
    status = job_or_pod.get("status") or {}
    conditions = status.get("conditions") or ()
    return status.get("phase") == "Failed" or any(
        condition["type"] == "Failed" and condition["status"] == "True" for condition in conditions
    )
