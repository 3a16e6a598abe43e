"""Kubernetes' own view of health, for all workloads from list reads: rolled out, ready pods of the live revision, no restarts."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from msgspec.structs import replace

from rollback.clock import seconds_since
from rollback.model import Check, Move
from rollback.platforms.kubernetes import endpoints, lane
from rollback.platforms.kubernetes.kubectl import items
from rollback.platforms.kubernetes.pods import last_words, other_bytes
from rollback.platforms.kubernetes.revisions import Revision, by_owner, is_ready, live, revisions
from rollback.platforms.kubernetes.trouble import final, reason
from rollback.platforms.kubernetes.workloads import KINDS, Workload
from rollback.shell import Shell

FEW = 4  # workloads: up to here their own objects are asked for, above it the whole namespace once
FRESH = 15.0  # seconds for which what the plan has just read need not be read again
RECENT = 300  # seconds: a restart longer ago says nothing about now


def prepare(moves: Sequence[Move], shell: Shell) -> None:
    """Begin to connect: checks will read soon."""
    if moves:
        lane.start(shell, moves[0].target.details["context"])


def checks(moves: Sequence[Move], shell: Shell) -> Iterable[Check]:
    """One line for each workload. Raises Unreadable."""
    if not moves:
        return
    where, asked = moves[0].target.details, 0
    prepare(moves, shell)
    (workloads, owned, pods), known = _read(moves, shell), endpoints.read(shell, where)
    for move in moves:
        key = f"{move.target.details['kind']}/{move.target.details['name']}"
        workload = workloads.get(key)
        if workload is None:
            yield Check(key, "unhealthy", "it is gone")
            continue
        remembered = revisions(
            workload, owned.get(workload.meta["uid"], ()), pods.get(workload.meta["uid"], ())
        )
        revision = live(workload, remembered)
        ours = _pods_of(workload, revision, pods)
        check = _check(workload, revision, ours, known)
        if (
            check.verdict in ("unhealthy", "waiting")
            and asked < FEW
            and (words := last_words(shell, where, ours))
        ):
            check, asked = replace(check, detail=f"{check.detail}; {words}"), asked + 1
        yield check


def _read(
    moves: Sequence[Move], shell: Shell
) -> tuple[dict[str, Workload], Mapping[str, list[Any]], Mapping[str, list[Any]]]:
    seen = moves[0].current.facts.get("seen")
    if seen is not None and time.monotonic() - seen.at < FRESH:
        return seen.workloads, seen.owned, seen.pods
    where = moves[0].target.details
    base, apps = (
        f"/api/v1/namespaces/{where['namespace']}",
        f"/apis/apps/v1/namespaces/{where['namespace']}",
    )
    few = len(moves) <= FEW and all(move.target.details["selector"] for move in moves)
    kinds = (
        [move.target.details["kind"] for move in moves]
        if few
        else list(dict.fromkeys(move.target.details["kind"] for move in moves))
    )
    names = (
        [f"?fieldSelector=metadata.name%3D{move.target.details['name']}" for move in moves]
        if few
        else [""] * len(kinds)
    )
    queries = (
        [f"?labelSelector={quote(move.target.details['selector'])}" for move in moves]
        if few
        else [""]
    )
    histories = (["replicasets"] if "deployment" in kinds else []) + (
        ["controllerrevisions"] if set(kinds) - {"deployment"} else []
    )
    paths = [f"{apps}/{KINDS[kind]}{name}" for kind, name in zip(kinds, names, strict=True)]
    paths += [f"{apps}/{history}{query}" for history in histories for query in queries] + [
        f"{base}/pods{query}" for query in queries
    ]
    lists = items(shell, where, *paths)
    found = {
        one.key: one
        for kind, objects in zip(kinds, lists, strict=False)
        for one in (Workload(kind, raw) for raw in objects)
    }
    first_pods = len(paths) - len(queries)
    return (
        found,
        by_owner(_once(lists[len(kinds) : first_pods])),
        by_owner(_once(lists[first_pods:])),
    )


def _once(lists: Sequence[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    return list({one["metadata"]["uid"]: one for objects in lists for one in objects}.values())


def _check(
    workload: Workload,
    revision: Revision | None,
    ours: Sequence[Mapping[str, Any]],
    known: endpoints.Endpoints,
) -> Check:
    if not workload.raw["spec"].get("replicas", 1):
        return Check(workload.key, "unknown", "scaled to zero: nothing runs")
    trouble = reason(workload, ours)
    if left := _unfinished(workload):
        return Check(
            workload.key,
            "unhealthy" if final(workload, ours) else "waiting",
            f"{left}; {trouble}" if trouble else left,
        )
    if restarted := _restarted(ours):
        return Check(workload.key, "unhealthy", f"{restarted}; {trouble}" if trouble else restarted)
    if unserved := endpoints.unserved(workload, ours, known):
        return Check(workload.key, "waiting", unserved)
    count = f"{sum(map(is_ready, ours))} pods of revision {revision.number if revision else '?'}"
    if not _judges_itself(workload):
        return Check(
            workload.key, "unknown", f"{count} run, but no container has a readiness probe"
        )
    other = other_bytes(
        workload, ours
    )  # told, and no verdict: runtimes name the same image by its index or by its manifest
    return Check(workload.key, "healthy", f"{count} ready; {other}" if other else f"{count} ready")


def _pods_of(
    workload: Workload, revision: Revision | None, pods: Mapping[str, list[Any]]
) -> list[dict[str, Any]]:
    """Pods of the live revision: its ReplicaSet owns them, or the workload does and they carry the revision as a label."""
    if revision is None:
        return []
    if workload.kind == "deployment":
        ours = pods.get(revision.uid, [])
    else:
        wanted = (revision.hash, revision.name)
        ours = [
            pod
            for pod in pods.get(workload.meta["uid"], [])
            if (pod["metadata"].get("labels") or {}).get("controller-revision-hash") in wanted
        ]
    return [pod for pod in ours if not pod["metadata"].get("deletionTimestamp")]


def _unfinished(workload: Workload) -> str:
    """What still has to happen, empty when the rollout is complete."""
    status, spec = workload.raw.get("status") or {}, workload.raw["spec"]
    if status.get("observedGeneration", 0) < workload.meta.get("generation", 0):
        return "its controller has not seen the change yet"
    if workload.kind == "daemonset":
        wanted, there = (
            status.get("desiredNumberScheduled", 0),
            status.get("currentNumberScheduled", 0),
        )
        updated, available = (
            status.get("updatedNumberScheduled", 0),
            status.get("numberAvailable", 0),
        )
    else:
        wanted, there = spec.get("replicas", 1), status.get("replicas", 0)
        updated, available = status.get("updatedReplicas", 0), status.get("availableReplicas", 0)
        wanted_new = wanted - ((spec.get("updateStrategy") or {}).get("rollingUpdate") or {}).get(
            "partition", 0
        )
        updated = wanted if updated >= wanted_new else updated
    if updated < wanted:
        on_delete = (spec.get("updateStrategy") or {}).get("type") == "OnDelete"
        return f"{updated} of {wanted} pods updated{': with OnDelete somebody has to delete the others' if on_delete else ''}"
    if there > wanted:
        return f"{there - wanted} old pods still there"
    return f"{available} of {wanted} pods available" if available < wanted else ""


def _restarted(pods: Sequence[Mapping[str, Any]]) -> str:
    """A container that ended and was started again in the last minutes."""
    for pod in pods:
        for one in (pod.get("status") or {}).get("containerStatuses") or ():
            ended = ((one.get("lastState") or {}).get("terminated") or {}).get("finishedAt")
            if one.get("restartCount") and ended and seconds_since(ended) < RECENT:
                return f"{pod['metadata']['name']} restarted {one['restartCount']} times"
    return ""


def _judges_itself(workload: Workload) -> bool:
    return any(
        one.get("readinessProbe") for one in workload.template["spec"].get("containers") or ()
    )
