"""The lock of a site: what it keeps from being published, or that it is not on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rollback.model import Finding, Move
from rollback.platforms.netlify import by_hand, client, details
from rollback.platforms.netlify.client import Deploy
from rollback.shell import Shell


def standing(moves: Sequence[Move], shell: Shell) -> Iterator[Finding]:
    """Report how the lock of each site stands after a run. Raises Unreadable."""
    for move in moves:
        known = details.of(move.target)
        live = client.site(client.connect(known.api), known.id).published_deploy
        if not known.locked:  # a lock of before the run is nothing that it leaves
            yield from of_deploy(live)
        if live.id == known.goal and not live.locked:
            message = f"{known.app} is NOT locked to {live.id}: the next build is published over it"
            yield Finding(
                "warning", "auto-publish-on", message, f"lock it: {by_hand.lock(live.id)}"
            )


def of_deploy(live: Deploy) -> Iterator[Finding]:
    """Yield the lock of the live deploy, which stays open until it is removed."""
    if live.locked:
        message = f"automatic publishing is off (locked to {live.id}): builds are not published"
        fix = f"once the fix is built, turn it on: {by_hand.unlock(live.id)}"
        yield Finding("note", "auto-publish-off", message, fix)
