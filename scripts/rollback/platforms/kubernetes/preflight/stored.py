"""Can a script that keeps no template find them in the cluster when it runs, in both directions?"""

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
    message = f"no template is kept in the run folder: a restore depends on what the cluster remembers ({holders})"
    fix = "restore before those are pruned (revisionHistoryLimit, later deploys)"
    yield Finding("warning", "way-back-in-history", message, fix)


def _about(move: Move) -> Iterator[Finding]:
    key = of(move.target).key
    if cuts(move, "execute") is None:
        message = f"{key}: revision {move.to.id} is stored in another form than templates have now, which the script cannot turn into one"
        yield Finding("blocker", OPTION, message, f"plan without --{OPTION}")
    if cuts(move, "restore") is None:
        message = f"{key}: no revision in the cluster holds exactly what is live now, so it could not be restored"
        fix = f"when its controller has caught up plan again, else plan without --{OPTION}"
        yield Finding("blocker", OPTION, message, fix)
