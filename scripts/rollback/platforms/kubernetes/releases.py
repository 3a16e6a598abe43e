"""The releases of each application, newest first: revisions of a workload, or release sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from rollback.clock import now
from rollback.model import Finding, Release, Status, Target
from rollback.platforms._cluster import content, namespace
from rollback.platforms._cluster.evidence import LEFT, Doubt, doubts, serving_well
from rollback.platforms._cluster.namespace import NamespaceState
from rollback.platforms._cluster.pods import digests
from rollback.platforms._cluster.revisions import Revision, is_awaited, pods_of
from rollback.platforms._cluster.workloads import Workload
from rollback.platforms.kubernetes import release_sets, service_time
from rollback.platforms.kubernetes.details import Facts, SetFacts, of
from rollback.settings.environment import Environment, LedgerEntry
from rollback.shell import Shell
from rollback.text import clean


class Service(Struct, frozen=True):
    """When a revision took over (`began`) and was replaced (`until`), UTC; `seconds` in all."""

    began: str
    until: str
    seconds: float


def releases(
    environment: Environment, targets: Sequence[Target], shell: Shell, limit: int
) -> list[list[Release]]:
    """Read the releases. A workload deleted since targets() has none. Raises Unreadable."""
    state = namespace.read(shell, of(targets[0]))
    return [_of_target(target, state, environment.ledger)[:limit] for target in targets]


def bare(releases: Sequence[Release]) -> str | None:
    """Return what `kubectl rollout undo` would pick: the second-highest revision, never a set."""
    single = [release for release in releases if not isinstance(release.facts, SetFacts)]
    return single[1].id if len(single) > 1 else None


def of_workload(workload: Workload, state: NamespaceState) -> list[Release]:
    """Return the releases, the highest number first, exactly one live."""
    history, serving = state.revisions(workload), state.live(workload)
    if serving is None:
        return []
    doubt_by_number, service = doubts(workload, state), _service(workload, history)
    workload_releases = []
    for revision in reversed(history):
        live = revision.number == serving.number
        facts = Facts(workload, revision, service[revision.number].until, state if live else None)
        doubt = doubt_by_number.get(revision.number)
        release = _release(facts, live, doubt, service[revision.number])
        workload_releases.append(
            _with_pods(release, facts, state) if revision.pods or revision.available else release
        )
    if len(workload_releases) == 1:
        return [replace(workload_releases[0], findings=(_alone(workload, history[0]),))]
    return workload_releases


def _alone(workload: Workload, revision: Revision) -> Finding:
    """Report why there is no older revision."""
    made = f"{workload.key} was created at {workload.meta.get('creationTimestamp', '?')}"
    message = f"{made}: a workload that is deleted and made anew has no older revisions"
    if revision.number > 1:
        limit = workload.raw["spec"].get("revisionHistoryLimit", 10)
        by = "by hand, or by a lower limit than today's" if limit else "by the limit"
        pruned = f"its older revisions were deleted {by} (revisionHistoryLimit {limit})"
        message = f"{made} and is at revision {revision.number}: {pruned}"
    fix = "apply the manifest of the older version from git: git log -p <manifest>, kubectl apply"
    return Finding("note", "no-older-revision", message, fix)


def _of_target(
    target: Target, state: NamespaceState, ledger: Sequence[LedgerEntry]
) -> list[Release]:
    details = of(target)
    if not details.parts:
        workload = state.workloads.get(details.key)
        return of_workload(workload, state) if workload else []
    entries = [entry for entry in ledger if entry.where == target.where]
    histories = {
        app: release_sets.with_verdicts(app, of_workload(state.workloads[key], state), entries)
        for app, key in details.parts.items()
        if key in state.workloads
    }
    return release_sets.together(histories)


def _service(workload: Workload, history: Sequence[Revision]) -> Mapping[int, Service]:
    """Return the service by revision number."""
    began, at = service_time.began(history, workload), now()
    service_by_number, until = {}, ""
    for revision in reversed(history):
        seconds = service_time.served(workload, revision, history, began, at)
        service_by_number[revision.number] = Service(began[revision.number], until, seconds)
        until = began[revision.number]
    return service_by_number


def _with_pods(release: Release, facts: Facts, state: NamespaceState) -> Release:
    """Add what pods of this revision run and show now."""
    found = pods_of(facts.workload, facts.revision, state.pods)
    shown = "" if release.status == "live" or release.skip else serving_well(found)
    return replace(release, digests=digests(found), proven=shown)


def _release(facts: Facts, live: bool, doubt: Doubt | None, service: Service) -> Release:
    revision, name = facts.revision, facts.workload.name
    left = doubt is not None and doubt.code == LEFT
    status: Status = "live" if live else "rolled-back-from" if left else "superseded"
    return Release(
        id=str(revision.number),
        version=content.version(revision.template, name),
        status=status,
        deployed_at=None if is_awaited(revision) else service.began,
        artifact=revision.hash,
        commit=content.commit(revision.template, revision.annotations, name),
        description=clean(revision.cause, 80),
        served_seconds=None if live else service.seconds,
        skip=doubt.code if doubt and not left else None,
        skip_reason=doubt.reason if doubt else "",
        aliases=tuple(map(str, revision.earlier)),
        images=content.images(revision.template),
        serves=content.serves(revision.template),
        facts=facts,
    )
