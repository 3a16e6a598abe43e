"""What has to hold before anything is touched, and what will not stay as it is left."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

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
from rollback.shell import Shell


def preflight(moves: Sequence[Move], shell: Shell) -> Iterable[Finding]:
    """Every question that needs no other's answer is asked at once."""
    if not moves:
        return
    location, changes = of(moves[0].target), [change(move) for move in moves]
    paths = ("/apis", skew.PATH, lease.path(location.namespace), *quota.paths(location.namespace))
    questions = [
        references.question(changes),
        rules.question(location),
        skew.question(location),
        *(raw(location, path) for path in paths),
    ]
    with ThreadPoolExecutor(2) as pool:  # beside kubectl's own questions
        images = pool.submit(image.ask, moves)
        tried = pool.submit(lambda: [*dry_run.findings(moves, shell)])
        answers = ask_all(shell, location, questions)
    named, allowed, client, *lists = answers
    groups, server, leases, *limits = map(decoded, lists)
    workloads = [each.workload for each in changes]
    yield from skew.findings(decoded(client), server)
    for move, each in zip(moves, changes, strict=True):
        yield from state.findings(each)
        yield from workload.findings(move)
    yield from downtime.findings(workloads)
    yield from stored.findings(moves)
    yield from owners.findings(moves, shell, groups)
    yield from references.findings(changes, named)
    yield from image.findings(moves, images.result())
    yield from rights.findings(moves, allowed)
    yield from lease.findings([of(move.target) for move in moves], leases)
    yield from tried.result()
    yield from siblings.findings(moves, shell)
    yield from quota.findings(workloads, limits)
