"""What must be unchanged before a rollback: whose project it is, and what its domains serve."""

from __future__ import annotations

from collections.abc import Sequence

from rollback.model import Command, Guard, Line, Move
from rollback.platforms.vercel import details
from rollback.platforms.vercel.details import Details
from rollback.platforms.vercel.login import VARIABLE


def guards(moves: Sequence[Move]) -> list[Guard]:
    return [guard for move in moves for guard in (_identity(move), _live(move))]


def call(function: str, *words: str, by_hand: str = "", timeout: float = 120) -> Command:
    return Command((function, *words), variables=(VARIABLE,), by_hand=by_hand, timeout=timeout)


def place(known: Details) -> tuple[str, ...]:
    return ("--api", known.api, "--team", known.team, "--project", known.project)


def ends(move: Move) -> tuple[str, ...]:
    """Return the production domains, and the deployments whose domains are listed."""
    known, (source, goal) = details.of(move.target), details.sides(move)
    names = " ".join(domain.name for domain in known.domains)
    ids = " ".join(dict.fromkeys((source.id, goal.id, known.production)))
    return ("--domains", names, "--known", ids)


def apart(known: Details) -> tuple[str, ...]:
    """Return the domains that go back to a deployment of their own, if there are any."""
    pairs = " ".join(f"{domain.name}={domain.deployment}" for domain in known.apart)
    return ("--apart", pairs) if pairs else ()


def served(known: Details) -> list[tuple[str, str]]:
    """Return "production" and each domain with the deployment that the plan saw there."""
    domains = ((domain.name, domain.deployment) for domain in known.domains)
    return [("production", known.production), *domains]


def _identity(move: Move) -> Guard:
    known = details.of(move.target)
    line = f"{known.owner} {known.project}"
    return Guard(
        id=f"{move.id}.project",
        subject=f"the Vercel project {known.name}",
        command=call("vercel_project", *place(known)),
        lines=(Line(line, line),),
    )


def _live(move: Move) -> Guard:
    known, goal = details.of(move.target), details.sides(move)[1]
    return Guard(
        id=f"{move.id}.live",
        subject=f"what {move.target.app} serves",
        command=call("vercel_live", *place(known), *ends(move), "--goal", goal.id, *apart(known)),
        lines=tuple(
            Line(f"{name} {deployment}", f"{name} {goal.id}", move.id)
            for name, deployment in served(known)
        ),
    )
