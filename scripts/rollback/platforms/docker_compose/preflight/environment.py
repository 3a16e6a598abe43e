"""Are this shell and these files those of the deploy?

Without its variables Compose would recreate containers with empty values.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from rollback.model import Finding, Move
from rollback.platforms.docker_compose import details, sides
from rollback.platforms.docker_compose.definition import merged
from rollback.platforms.docker_compose.definition.resolved import Resolved
from rollback.platforms.docker_compose.details import Difference
from rollback.platforms.docker_compose.services import drift, sharers
from rollback.shell import Shell

_CODE = "environment-differs"
_SAME_SHELL = (
    "run this from the shell and folder that deploys it: same variables, same files "
    "(settings: files, env_files, profiles)"
)


def findings(moves: Sequence[Move], goal: Resolved, shell: Shell) -> Iterator[Finding]:
    touched = {move.target.app for move in moves} | sharers.joining(moves).keys()
    for difference in details.facts(moves[0].current).differs:
        yield from _difference(difference, touched)
    unset = _unset(moves, touched)
    for variable, services in unset.items():
        message = f"{', '.join(sorted(services))}: variable {variable} is not set here"
        yield Finding("blocker", _CODE, message, f"export {variable}, then plan again")
    for service, path in _missing_files(moves, shell):
        message = f"{service}: its env file {path} does not exist here"
        yield Finding("blocker", _CODE, message, "provide it, then plan again")
    if goal.problem and not unset:
        message = f"Compose cannot use the compose files of {moves[0].to.id} here: {goal.problem}"
        fix = "provide what it asks for, or name another release"
        yield Finding("blocker", _CODE, message, fix)


def _difference(difference: Difference, touched: set[str]) -> Iterator[Finding]:
    """Report what today's files and this shell would change in the containers it touches."""
    if difference.edited:
        message = (
            f"{difference.service}: {difference}: its variables were edited after it was started"
        )
        fix = "make sure that the older release can use today's values"
        yield Finding("warning", "environment-changed", message, fix)
    elif not difference.service:
        message = f"Compose cannot use the compose files here: {difference}"
        yield Finding("blocker", _CODE, message, "fix the problem named above, then plan again")
    elif difference.service in touched:
        message = f"{difference.service}: {difference}, compared with its running containers"
        yield Finding("blocker", _CODE, message, _SAME_SHELL)


def _unset(moves: Sequence[Move], touched: set[str]) -> dict[str, set[str]]:
    """Return variable -> the touched services of the target that need it.

    Variables that the live release does without as well are no news.
    """
    target, live = moves[0].target, details.facts(moves[0].current)
    usual = set[str]()
    if live.source and not live.differs:
        usual = set(drift.unset(target, live.source))
    needed = drift.unset(target, sides.source(moves[0], "to"))
    unset = {name: services & touched for name, services in needed.items() if name not in usual}
    return {name: services for name, services in unset.items() if services}


def _missing_files(moves: Sequence[Move], shell: Shell) -> list[tuple[str, str]]:
    """Return moving services with env files that neither git nor this disk has."""
    project, source = details.of(moves[0].target), sides.source(moves[0], "to")
    required = merged.put_together(project, source, "to", shell).required
    pairs = [
        (move.target.app, path) for move in moves for path in required.get(move.target.app, ())
    ]
    return [(service, path) for service, path in pairs if not os.path.exists(path)]
