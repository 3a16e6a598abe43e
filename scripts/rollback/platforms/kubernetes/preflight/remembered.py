"""Can a script that keeps no template find them in the cluster when it runs, there and back?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rollback.model import Finding, Move
from rollback.platforms.kubernetes.from_history import OPTION, asked
from rollback.platforms.kubernetes.holders import EXECUTE, RESTORE, cuts, holder


def findings(moves: Sequence[Move]) -> Iterator[Finding]:
    if not asked(moves):
        return
    for move in moves:
        key = f"{move.target.details['kind']}/{move.target.details['name']}"
        if cuts(move, EXECUTE) is None:
            message = f"{key}: revision {move.to.id} is stored in another form than templates have now, which the script cannot turn into one"
            yield Finding("blocker", OPTION, message, f"plan without --{OPTION}")
        if cuts(move, RESTORE) is None:
            message = f"{key}: no revision in the cluster holds exactly what is live now, so there would be no way back"
            yield Finding(
                "blocker",
                OPTION,
                message,
                f"when its controller has caught up plan again, else plan without --{OPTION}",
            )
    said = ", ".join(holder(move, RESTORE) for move in moves[:3]) + (
        f" and {len(moves) - 3} more" if len(moves) > 3 else ""
    )
    message = f"no template is kept in the run folder: the way back depends on what the cluster remembers ({said})"
    yield Finding(
        "warning",
        "way-back-in-history",
        message,
        "restore before those are pruned (revisionHistoryLimit, later deploys)",
    )
