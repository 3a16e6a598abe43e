"""Whether this account may do what the steps do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rollback.errors import RollbackError
from rollback.model import Finding, Move
from rollback.platforms._cluster import lease
from rollback.platforms._cluster.on_delete import NEEDS
from rollback.platforms._cluster.preflight import rules
from rollback.platforms._cluster.workloads import KINDS
from rollback.platforms.kubernetes import no_inline_values, on_delete, stored_templates, stuck_pods
from rollback.platforms.kubernetes.details import of
from rollback.shell import Answer


def findings(moves: Sequence[Move], answer: Answer | RollbackError) -> Iterator[Finding]:
    """Report missing rights. `answer`: to rules.question()."""
    needs = list(_needs(moves))
    yield from rules.findings(of(moves[0].target).namespace, needs, answer)


def _needs(moves: Sequence[Move]) -> Iterator[rules.Need]:
    for move in moves:
        yield "patch", f"{KINDS[of(move.target).kind]}.apps"
    if lease.wanted([of(moves[0].target)]):
        yield from lease.NEEDS
    if no_inline_values.asked(moves):
        for kind in stored_templates.kinds(moves).split(","):
            yield "get", f"{kind}.apps"
    if any(stuck_pods.is_stuck(move) or on_delete.replaces(move) for move in moves):
        yield from NEEDS
