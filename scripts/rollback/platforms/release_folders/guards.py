"""What must be unchanged before a switch: host, target release, live release."""

from __future__ import annotations

from collections.abc import Sequence

from rollback.model import Command, Guard, Line, Move
from rollback.platforms.release_folders import details
from rollback.platforms.release_folders.steps import call


def guards(moves: Sequence[Move]) -> list[Guard]:
    """Return the identity of each host and target release first, then the live releases."""
    return [*map(_identity, moves), *map(_current_link, moves)]


def _identity(move: Move) -> Guard:
    """Guard the machine, host key, real path, and (in a rollback) the unchanged target release."""
    host, facts = details.host_of(move), details.of(move.target)
    identity = " ".join(filter(None, (host.key, host.machine, host.path)))
    function = ("remote_identity", host.name) if host.name else ("identity",)
    return Guard(
        id=f"{move.id}.host",
        subject=f"the host or release {move.to.id} at {host.where}",
        command=Command((*function, host.path, move.to.id, facts.goal)),
        lines=(Line(identity, identity),),
    )


def _current_link(move: Move) -> Guard:
    facts = details.of(move.target)
    return Guard(
        id=f"{move.id}.current",
        subject=f"the current link of {move.target.where}",
        command=call(move, "serving", facts.goal),
        lines=(Line(facts.source, facts.goal, move.id),),
    )
