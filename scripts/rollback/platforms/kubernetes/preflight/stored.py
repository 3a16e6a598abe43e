"""Whether scripts without templates can find them in the cluster, in both directions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rollback.model import Finding, Move
from rollback.platforms._cluster.names import listed
from rollback.platforms.kubernetes.details import of
from rollback.platforms.kubernetes.no_inline_values import OPTION, asked
from rollback.platforms.kubernetes.stored_templates import cuts, object_name


def findings(moves: Sequence[Move]) -> Iterator[Finding]:
    if not asked(moves):
        return
    for move in moves:
        yield from _about(move)
    holders = listed([object_name(move, "restore") for move in moves])
    message = (
        "the run folder holds no templates: a restore depends on revisions in the cluster"
        f" ({holders})"
    )
    fix = "restore before these are pruned (revisionHistoryLimit, later deploys)"
    yield Finding("warning", "way-back-in-history", message, fix)


def _about(move: Move) -> Iterator[Finding]:
    key = of(move.target).key
    if cuts(move, "execute") is None:
        message = (
            f"{key}: revision {move.to.id} is stored in an old format"
            " that the script cannot convert to a template"
        )
        yield Finding("blocker", OPTION, message, f"plan without --{OPTION}")
    if cuts(move, "restore") is None:
        message = (
            f"{key}: no revision in the cluster holds exactly the live template,"
            " so it could not be restored"
        )
        fix = f"plan again once its controller has caught up, or plan without --{OPTION}"
        yield Finding("blocker", OPTION, message, fix)
