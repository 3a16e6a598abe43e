"""Checks before anything is changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from msgspec import Struct

from rollback.errors import RollbackError
from rollback.model import Finding, Move
from rollback.platforms._cluster import downtime, lease
from rollback.platforms._cluster.kubectl import ask_all, decoded, raw
from rollback.platforms._cluster.preflight import quota, rules, state
from rollback.platforms.kubernetes.details import change, of
from rollback.platforms.kubernetes.preflight import (
    dry_run,
    image,
    owners,
    references,
    rights,
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
    limits: Sequence[Any]
    images: Mapping[str, bool | None]
    tried: Sequence[Finding]


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
    yield from references.findings(changes, answers.named)
    yield from image.findings(moves, answers.images)
    yield from rights.findings(moves, answers.rights)
    yield from lease.findings([of(move.target) for move in moves], answers.leases)
    yield from answers.tried
    yield from siblings.findings(moves, shell)
    yield from quota.findings(workloads, answers.limits)


def _ask(moves: Sequence[Move], shell: Shell) -> Answers:
    """Ask all independent questions at once."""
    location = of(moves[0].target)
    paths = ("/apis", skew.PATH, lease.path(location.namespace), *quota.paths(location.namespace))
    questions = [
        references.question([change(move) for move in moves]),
        rules.question(location),
        skew.question(location),
        *(raw(location, path) for path in paths),
    ]
    with ThreadPoolExecutor(2) as pool:  # beside kubectl's own questions
        images = pool.submit(image.ask, moves)
        tried = pool.submit(lambda: [*dry_run.findings(moves, shell)])
        named, allowed, client, *lists = ask_all(shell, location, questions)
    groups, server, leases, *limits = map(decoded, lists)
    return Answers(
        named=named,
        rights=allowed,
        client=decoded(client),
        groups=groups,
        server=server,
        leases=leases,
        limits=limits,
        images=images.result(),
        tried=tried.result(),
    )
