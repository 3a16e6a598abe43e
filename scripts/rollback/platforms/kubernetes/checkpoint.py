"""What is about to be changed: live objects as they are, what each remembers, and the payloads of the scripts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rollback.model import Move
from rollback.platforms.kubernetes import from_history, inline, waves
from rollback.platforms.kubernetes.change import FEW, payloads, stem
from rollback.platforms.kubernetes.content import images, printed
from rollback.shell import Shell


def snapshot(moves: Sequence[Move], shell: Shell) -> Mapping[str, str]:
    """Everything was read by releases(). Literal values stay only in what changes and compares templates; data of Secrets is never read."""
    changes = waves.payloads(moves)
    if len(moves) <= FEW:
        changes |= {name: text for move in moves for name, text in payloads(move).items()}
    if from_history.asked(moves):
        changes = from_history.payloads(moves, changes)
    return {
        **_live(moves),
        **changes,
        "revisions.json": printed([_revisions(move) for move in moves]) + "\n",
    }


def _live(moves: Sequence[Move]) -> dict[str, str]:
    leave_out = inline.without_template if from_history.asked(moves) else inline.without
    live = {stem(move): printed(leave_out(move.current.facts["workload"].raw)) for move in moves}
    if len(moves) > FEW:
        return {"live.json": "[" + ",\n".join(live.values()) + "]\n"}
    return {f"{name}.live.json": f"{text}\n" for name, text in live.items()}


def _revisions(move: Move) -> dict[str, Any]:
    """How to find both again: by name and hash, since numbers move."""
    known = {"current": move.current.facts["revision"], "to": move.to.facts["revision"]}
    rows = {
        which: {
            "number": one.number,
            "hash": one.hash,
            "name": one.name,
            "images": images(one.template),
        }
        for which, one in known.items()
    }
    return {
        "workload": f"{move.target.details['kind']}/{move.target.details['name']}",
        "uid": move.target.details["uid"],
        **rows,
    }
