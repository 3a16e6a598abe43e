"""Two steps: publish an older deploy, then lock the site to it, so that no build goes over it."""

from __future__ import annotations

from collections.abc import Sequence

from rollback.model import Command, Move, Probe, Step, Undo
from rollback.platforms.netlify import by_hand, details
from rollback.platforms.netlify.details import Details
from rollback.platforms.netlify.guards import call, published


def steps(moves: Sequence[Move]) -> list[Step]:
    return [step for move in moves for step in (_publish(move), _lock(move))]


def _publish(move: Move) -> Step:
    facts = details.of(move.target)
    return Step(
        id=f"{move.id}.publish",
        title=f"Publish {facts.goal} on {facts.app}",
        do=_published(move, facts.source, facts.goal),
        proof=Probe(published(move), facts.goal),
        undo=_publish_back(move, facts),
        moves=(move.id,),
        looks_back=True,
    )


def _publish_back(move: Move, facts: Details) -> Undo:
    """Return the undo of the publication; a lock that was there before comes with it."""
    title, back = f"Publish {facts.source} on {facts.app} again", (facts.goal, facts.source)
    if not facts.locked:
        return Undo(title, _published(move, *back), Probe(published(move), facts.source))
    state = Probe(call("netlify_publishing", move), facts.before)
    return Undo(f"{title}, locked as before", _published(move, *back, "--lock", "yes"), state)


def _lock(move: Move) -> Step:
    facts = details.of(move.target)
    app, state = facts.app, call("netlify_publishing", move)
    again = f"Lock {app} to {facts.source} again"
    return Step(
        id=f"{move.id}.lock",
        title=f"Lock {app} to {facts.goal}: no build is published over it",
        do=_switched(move, facts.goal, "lock"),
        proof=Probe(state, facts.after),
        undo=Undo(
            again if facts.locked else f"Turn automatic publishing of {app} on again",
            _switched(move, facts.source, "lock" if facts.locked else "unlock"),
            Probe(state, facts.before),
            last=True,  # of the deploy that is published by then
        ),
        moves=(move.id,),
    )


def _published(move: Move, source: str, goal: str, *words: str) -> Command:
    typed = by_hand.restore(details.of(move.target).id, goal)
    if words:
        typed = f"{typed} && {by_hand.lock(goal)}"
    return call("netlify_publish", move, "--from", source, "--to", goal, *words, by_hand=typed)


def _switched(move: Move, deploy: str, verb: str) -> Command:
    typed = by_hand.lock(deploy) if verb == "lock" else by_hand.unlock(deploy)
    return call("netlify_switch", move, "--deploy", deploy, "--verb", verb, by_hand=typed)
