"""The releases of each application, newest first: a workload's revisions, or the sets that were live together."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from rollback.clock import now
from rollback.settings.environment import Environment, LedgerEntry
from rollback.model import Release, Status, Target
from rollback.platforms.kubernetes import content, evidence, service, sets
from rollback.platforms.kubernetes.kubectl import find, items
from rollback.platforms.kubernetes.revisions import Revision, by_owner, live, revisions
from rollback.platforms.kubernetes.workloads import Workload, everything
from rollback.shell import Shell
from rollback.text import clean


@dataclass(frozen=True)
class Look:
    """One look at a namespace: everything that tells about history, read side by side."""

    workloads: dict[str, Workload]
    owned: Mapping[
        str, list[Mapping[str, Any]]
    ]  # owner's UID -> ReplicaSets and ControllerRevisions
    pods: Mapping[str, list[Mapping[str, Any]]]  # owner's UID -> pods
    events: list[dict[str, Any]]
    loose: Sequence[tuple[str, Mapping[str, Any]]] = ()  # pods and ReplicaSets that nobody owns
    at: float = field(default_factory=time.monotonic)

    @cached_property
    def failures(self) -> Mapping[str, list[str]]:
        return evidence.failures(self.events)


def releases(
    environment: Environment, targets: Sequence[Target], shell: Shell, limit: int
) -> list[list[Release]]:
    """Raises Unreadable. A workload that vanished since targets() has no releases."""
    seen = look(shell, targets[0].details)
    return [_of_target(target, seen, environment.ledger)[:limit] for target in targets]


def bare(releases: Sequence[Release]) -> str | None:
    """`kubectl rollout undo` takes the second-highest revision, good or bad."""
    single = [one for one in releases if "parts" not in one.facts]
    return single[1].id if len(single) > 1 else None


def look(shell: Shell, where: Mapping[str, Any]) -> Look:
    base, apps = (
        f"/api/v1/namespaces/{where['namespace']}",
        f"/apis/apps/v1/namespaces/{where['namespace']}",
    )
    workloads = {one.key: one for one in everything(shell, where)}
    stateful = any(one.kind != "deployment" for one in workloads.values())
    paths = [
        f"{apps}/replicasets",
        f"{base}/pods",
        *([f"{apps}/controllerrevisions"] if stateful else []),
    ]
    lists = items(shell, where, *paths)
    (events,) = find(
        shell, where, f"{base}/events?fieldSelector=type%3DWarning"
    )  # a Role may not allow them: then less is known
    owned = by_owner([*lists[0], *(lists[2] if stateful else [])])
    kinds = (("replicaset", lists[0]), ("pod", lists[1]))
    loose = [
        (kind, one)
        for kind, objects in kinds
        for one in objects
        if not one["metadata"].get("ownerReferences")
    ]
    return Look(workloads, owned, by_owner(lists[1]), (events or {}).get("items") or [], loose)


def _of_target(target: Target, seen: Look, ledger: Sequence[LedgerEntry]) -> list[Release]:
    keys = target.details.get("parts") or {
        target.app: f"{target.details['kind']}/{target.details['name']}"
    }
    histories = {
        app: of_workload(seen.workloads[key], seen)
        for app, key in keys.items()
        if key in seen.workloads
    }
    if "parts" not in target.details:
        return next(iter(histories.values()), [])
    ours = [entry for entry in ledger if entry.where == target.where]
    return sets.together(
        {app: sets.with_verdicts(app, releases, ours) for app, releases in histories.items()}
    )


def of_workload(workload: Workload, seen: Look) -> list[Release]:
    """Newest first by number, exactly one live."""
    known = revisions(
        workload, seen.owned.get(workload.meta["uid"], ()), seen.pods.get(workload.meta["uid"], ())
    )
    serving = live(workload, known)
    if serving is None:
        return []
    bad = evidence.against(workload, known, _reports(workload, known, seen))
    took_over, at = service.began(known, workload), now()
    found, until = [], ""
    for revision in reversed(known):
        seconds = service.served(revision, known, took_over, at)
        times = (took_over[revision.number], seconds, until)
        found.append(
            _release(workload, revision, serving, _standing(revision, serving, bad), times)
        )
        until = took_over[revision.number]
    next(one for one in found if one.status == "live").facts["seen"] = seen
    return found


def _standing(revision: Revision, serving: Revision, bad: evidence.Reasons) -> tuple[str, str]:
    if revision is serving:
        return "", ""
    if revision.same(serving):
        return "same-content", "differs from the live revision by a restart only"
    return bad.get(revision.number, ("", ""))


def _release(
    workload: Workload,
    revision: Revision,
    serving: Revision,
    against: tuple[str, str],
    times: tuple[str, float, str],
) -> Release:
    code, reason = against
    rolled_back = code == "rolled-back-from"
    status: Status = (
        "live" if revision is serving else "rolled-back-from" if rolled_back else "superseded"
    )
    facts = {"workload": workload, "revision": revision, "until": times[2]}
    return Release(
        id=str(revision.number),
        version=content.version(revision.template, workload.name),
        status=status,
        deployed_at=times[0],
        artifact=revision.hash,
        commit=content.commit(revision.template, revision.annotations, workload.name),
        description=clean(revision.cause, 80),
        served_seconds=None if revision is serving else times[1],
        skip=None if rolled_back else code or None,
        skip_reason=reason,
        aliases=tuple(map(str, revision.earlier)),
        facts=facts,
    )


def _reports(workload: Workload, known: list[Revision], seen: Look) -> Mapping[str, Sequence[str]]:
    """Revision name -> what its pods reported. Pods of StatefulSets and DaemonSets carry their revision as a label, not in their name."""
    if workload.kind == "deployment":
        return seen.failures
    names = {one.hash: one.name for one in known} | {one.name: one.name for one in known}
    found: dict[str, list[str]] = {}
    for pod in seen.pods.get(workload.meta["uid"], ()):
        revision = names.get(
            (pod["metadata"].get("labels") or {}).get("controller-revision-hash", ""), ""
        )
        found.setdefault(revision, []).extend(seen.failures.get(pod["metadata"]["name"], ()))
    return found
