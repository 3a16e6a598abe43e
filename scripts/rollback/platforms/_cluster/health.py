"""The health of one workload: rolled out, pods ready and not restarting, Services send to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from rollback.clock import seconds_since
from rollback.model import Check, Verdict
from rollback.platforms._cluster.diagnosis import final, reason
from rollback.platforms._cluster.endpoints import Endpoints, failed_before, unserved
from rollback.platforms._cluster.pods import other_image
from rollback.platforms._cluster.revisions import Revision, is_ready
from rollback.platforms._cluster.rollout import unfinished
from rollback.platforms._cluster.services import PodShape
from rollback.platforms._cluster.workloads import Workload

RECENT = 300  # seconds: a restart longer ago says nothing about now


def health(
    workload: Workload,
    revision: Revision | None,
    pods: Sequence[Mapping[str, Any]],
    endpoints: Endpoints,
    planned: PodShape | None = None,
) -> Check:
    """`pods` are those of the live revision; `planned`: its pods when the plan was made."""
    if pending := unfinished(workload):
        verdict: Verdict = "unhealthy" if final(workload, pods) else "waiting"
        return Check(workload.key, verdict, _explained(pending, workload, pods))
    if restarted := _restarted(pods):
        return Check(workload.key, "unhealthy", _explained(restarted, workload, pods))
    if problem := unserved(workload, pods, endpoints, planned):
        return Check(workload.key, *problem)
    ready = _ready(workload, revision, pods)
    earlier = failed_before(workload, endpoints, planned)
    return replace(ready, detail=f"{ready.detail}; {earlier}") if earlier else ready


def _ready(
    workload: Workload, revision: Revision | None, pods: Sequence[Mapping[str, Any]]
) -> Check:
    count = f"{sum(map(is_ready, pods))} pods of {_numbered(revision)}"
    if not _has_readiness_probe(workload):
        detail = f"{count} are running, but no container has a readiness probe"
        return Check(workload.key, "unknown", detail)
    # a detail and no verdict: runtimes name the same image by its index or by its manifest
    other = other_image(workload, pods)
    return Check(workload.key, "healthy", f"{count} ready; {other}" if other else f"{count} ready")


def _numbered(revision: Revision | None) -> str:
    """Return "revision 2", by the number that a plan knew: a rollback gives it a new one."""
    if revision is None:
        return "revision ?"
    if revision.earlier:
        return f"revision {revision.earlier[-1]} (now numbered {revision.number})"
    return f"revision {revision.number}"


def _explained(what: str, workload: Workload, pods: Sequence[Mapping[str, Any]]) -> str:
    why = reason(workload, pods)
    return f"{what}; {why}" if why else what


def _restarted(pods: Sequence[Mapping[str, Any]]) -> str:
    """Report a container that was restarted in the last minutes."""
    for pod in pods:
        for container in (pod.get("status") or {}).get("containerStatuses") or ():
            ended = ((container.get("lastState") or {}).get("terminated") or {}).get("finishedAt")
            if container.get("restartCount") and ended and seconds_since(ended) < RECENT:
                return f"{pod['metadata']['name']} restarted {container['restartCount']} times"
    return ""


def _has_readiness_probe(workload: Workload) -> bool:
    containers = workload.template["spec"].get("containers") or ()
    return any(container.get("readinessProbe") for container in containers)
