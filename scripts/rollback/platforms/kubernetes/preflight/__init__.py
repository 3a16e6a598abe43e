"""Checks before anything is changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from msgspec import Struct

from rollback.errors import RollbackError
from rollback.model import Finding, Move
from rollback.platforms._cluster import downtime, endpoints, lease
from rollback.platforms._cluster.changes import WorkloadChange
from rollback.platforms._cluster.kubectl import ask_all, decoded, raw
from rollback.platforms._cluster.preflight import pod_dry_run, quota, rules, server_warnings, state
from rollback.platforms.kubernetes.details import change, of
from rollback.platforms.kubernetes.preflight import (
    dry_run,
    image,
    next_deploy,
    owners,
    pods,
    references,
    rights,
    services,
    siblings,
    skew,
    stored,
    workload,
)
from rollback.shell import Answer, Shell


class Answers(Struct, frozen=True):
    """Answers of kubectl, the registries and a dry run; None or an error where there is none."""

    named: Answer | RollbackError
    rights: Answer | RollbackError
    client: Any
    groups: Any
    server: Any
    leases: Any
    services: Any
    limits: Sequence[Any]
    live: Sequence[Any]
    images: Mapping[str, bool | None]
    tried: Sequence[Finding]
    pods: Sequence[pod_dry_run.Result]


def preflight(moves: Sequence[Move], shell: Shell) -> Iterable[Finding]:
    if not moves:
        return
    changes = [change(move) for move in moves]
    workloads = [workload_change.workload for workload_change in changes]
    answers = _ask(moves, shell)
    yield from skew.findings(answers.client, answers.server)
    for move, workload_change in zip(moves, changes, strict=True):
        yield from state.findings(workload_change)
        yield from workload.findings(move)
    yield from downtime.findings(workloads)
    yield from stored.findings(moves)
    yield from owners.findings(moves, shell, answers.groups)
    missing = list(references.findings(changes, answers.named))
    yield from missing
    yield from image.findings(moves, answers.images)
    yield from rights.findings(moves, answers.rights)
    yield from lease.findings([of(move.target) for move in moves], answers.leases)
    yield from pod_dry_run.findings(answers.pods, missing)
    untested = not all(result.accepted for result in answers.pods)
    yield from server_warnings.of_workloads(answers.tried, untested)
    yield from services.findings(changes, answers.services, shell)
    yield from next_deploy.findings(changes, answers.live)
    yield from siblings.findings(moves, shell)
    yield from quota.findings(changes, answers.limits)


def _ask(moves: Sequence[Move], shell: Shell) -> Answers:
    """Ask all independent questions at once."""
    changes = [change(move) for move in moves]
    objects = next_deploy.paths(changes)
    with ThreadPoolExecutor(3) as pool:  # beside kubectl's own questions
        images = pool.submit(image.ask, moves)
        of_pods = pool.submit(pods.ask, moves, shell)
        tried = pool.submit(lambda: [*dry_run.findings(moves, shell)])
        named, allowed, client, *lists = _ask_kubectl(changes, objects, shell)
    live, known = [*map(decoded, lists[: len(objects)])], lists[len(objects) :]
    groups, server, leases, live_services, *limits = map(decoded, known)
    return Answers(
        named=named,
        rights=allowed,
        client=decoded(client),
        groups=groups,
        server=server,
        leases=leases,
        services=live_services,
        limits=limits,
        live=live,
        images=images.result(),
        tried=tried.result(),
        pods=of_pods.result(),
    )


def _ask_kubectl(
    changes: Sequence[WorkloadChange], objects: Sequence[str], shell: Shell
) -> Sequence[Answer | RollbackError]:
    """Return the answers: references, rights, client, then those of `objects`, then the rest."""
    location = changes[0].location
    namespace = location.namespace
    known = (lease.path(namespace), endpoints.path(namespace), *quota.paths(namespace))
    questions = [
        references.question(changes),
        rules.question(location),
        skew.question(location),
        *(raw(location, path) for path in (*objects, "/apis", skew.PATH, *known)),
    ]
    return ask_all(shell, location, questions)
