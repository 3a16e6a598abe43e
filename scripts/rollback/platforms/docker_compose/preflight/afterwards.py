"""Notes for before and after: downtime, what stays today's, what may undo the rollback."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from rollback.model import Finding, Move
from rollback.platforms.docker_compose import details
from rollback.platforms.docker_compose.engine import client
from rollback.platforms.docker_compose.history import commits
from rollback.platforms.docker_compose.services import sharers
from rollback.shell import Shell

_STAYS_TODAYS = (
    "mounted files, secrets and env files that git does not have stay as they are today; "
    "images, compose files and tracked env files go back"
)
_UPDATERS = ("watchtower", "ouroboros")
_NAMED = 5  # services in a message


def findings(moves: Sequence[Move], shell: Shell) -> Iterator[Finding]:
    yield from _downtime(moves)
    yield Finding("note", "todays-environment", _STAYS_TODAYS)
    yield from _env_files(moves[0])
    yield from _guess(moves[0])
    yield from _shallow(moves[0], shell)
    yield from _updater(shell)


def _downtime(moves: Sequence[Move]) -> Iterator[Finding]:
    """Report downtime: Compose stops a container before it starts its replacement."""
    running = details.of(moves[0].target).services.running
    stopped = [move.target.app for move in moves if move.target.app in running]
    if stopped:
        names = [*stopped, *sharers.joining(moves)]
        more = " ..." if len(names) > _NAMED else ""
        message = (
            f"{', '.join(names[:_NAMED])}{more}: each container stops before the new one starts"
        )
        yield Finding(
            "warning", "downtime", message, "requests fail meanwhile: choose a quiet moment"
        )


def _env_files(move: Move) -> Iterator[Finding]:
    project = details.of(move.target)
    if project.env_files != (os.path.join(project.folder, ".env"),):
        listed = ", ".join(os.path.relpath(path, project.folder) for path in project.env_files)
        yield Finding("note", "env-files", f"variables come from {listed}, as in the deploy")


def _guess(move: Move) -> Iterator[Finding]:
    if move.to.guess:
        yield Finding("warning", "guess", f"{move.to.id} is a guess: {move.to.doubt}")


def _shallow(move: Move, shell: Shell) -> Iterator[Finding]:
    if commits.is_shallow(details.of(move.target).folder, shell):
        message = "this clone is shallow: older releases are not in it"
        fix = "git fetch --unshallow --tags"
        yield Finding("note", "shallow-history", message, fix)


def _updater(shell: Shell) -> Iterator[Finding]:
    names = client.read(shell, "ps", "--format", "{{.Image}}").lower()
    if any(updater in names for updater in _UPDATERS):
        message = "an image updater runs on this engine and may bring the newer image back"
        yield Finding("warning", "auto-updater", message, "stop it until the fix is out")
