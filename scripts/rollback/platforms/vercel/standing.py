"""Auto-assign of a project: what it keeps from being served, or that it is still on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rollback.model import Finding, Move
from rollback.platforms.vercel import auto_assign, by_hand, client, details
from rollback.platforms.vercel.client import Project
from rollback.platforms.vercel.details import Details
from rollback.shell import Shell


def standing(moves: Sequence[Move], shell: Shell) -> Iterator[Finding]:
    """Report how auto-assign of each project stands after a run. Raises Unreadable."""
    for move in moves:
        known, goal = details.of(move.target), details.sides(move)[1]
        project = client.project(client.connect(known.api), known.project, known.team)
        if known.auto_assign is not False:  # off before the run is nothing that it leaves
            yield from auto_assign.standing(project, known.team)
        if project.production and project.production.id == goal.id:
            yield from _of_the_goal(project, known)


def _of_the_goal(project: Project, known: Details) -> Iterator[Finding]:
    """Report what is not off, although the rollback has arrived."""
    if project.auto_assign_custom_domains is None:
        yield from auto_assign.planned(known)
    elif project.auto_assign_custom_domains:
        message = f"auto-assign of {known.name} is ON: the next production deployment is served"
        fix = f"turn it off: {by_hand.switch(known.project, known.team, 'false')}"
        yield Finding("warning", "auto-publish-on", message, fix)
