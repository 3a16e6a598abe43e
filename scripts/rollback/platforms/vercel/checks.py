"""What Vercel says about the production deployment. READY is not health: it only was built."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rollback.model import Check, Move, Verdict
from rollback.platforms.vercel import client, details
from rollback.platforms.vercel.client import READY, Project
from rollback.shell import Shell
from rollback.text import clean


def checks(moves: Sequence[Move], shell: Shell) -> Iterable[Check]:
    """Report the production deployment of each project. Raises Unreadable."""
    for move in moves:
        known = details.of(move.target)
        project = client.project(client.connect(known.api), known.project, known.team)
        verdict, detail = judged(project)
        yield Check(f"production of {known.name}", verdict, detail)


def judged(project: Project) -> tuple[Verdict, str]:
    live, last = project.production, project.last_alias_request
    if live is None:
        return "unhealthy", "it has no production deployment"
    if last and last.running:
        return "waiting", f"Vercel is moving the domains to {clean(last.to_deployment_id, 60)}"
    if live.ready_state != READY:
        return "unhealthy", f"{live.id} is {clean(live.ready_state, 30)}"
    return "unknown", f"{live.id} is built, which is not health"
