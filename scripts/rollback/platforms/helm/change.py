"""The change itself: `helm rollback`, found and proven by content, with a way back that is found by content, too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rollback.contracts import one_move as moves
from rollback.model import Command, Guard, Move, Probe, Release, Step, Undo
from rollback.platforms.helm.cli import VARIABLES, VERSION
from rollback.platforms.helm.manifest import digest
from rollback.platforms.helm.patience import seconds
from rollback.platforms.helm.storage import Stored
from rollback.platforms.kubernetes.connection import identity_command

__all__ = ["guards", "moves", "steps"]


def guards(moves: Sequence[Move]) -> list[Guard]:
    """The cluster, the helm that will do it, then a line for each release: its status and the salted hash of its manifest."""
    if not moves:
        return []
    details, (name, uid) = moves[0].target.details, moves[0].target.details["identity"]
    cluster = Guard(f"the cluster of context {details['context'] or '(none)'} (uid of namespace {name})", identity_command(details), (uid,), (uid,))
    version = Guard("the version of helm", VERSION, (details["helm"],), (details["helm"],))
    current, to = tuple(line(move, move.current) for move in moves), tuple(line(move, move.to) for move in moves)
    return [cluster, version, Guard("status and manifest", _look(moves), current, to, tuple(range(len(moves))))]


def steps(moves: Sequence[Move]) -> list[Step]:
    return [_step(number, move) for number, move in enumerate(moves)]


def line(move: Move, release: Release) -> str:
    """What `live_releases` prints while this release serves; the one to go back to has to be deployed."""
    status = stored(release).status if release is move.current else "deployed"
    return f"{status} {salted(move, release)}"


def stored(release: Release) -> Stored:
    return release.facts["stored"]  # type: ignore[no-any-return]


def salted(move: Move, release: Release) -> str:
    return digest(move.target.details["salt"], stored(release).manifest)


def skips_hooks(move: Move) -> bool:
    """After a hook that failed in a rollback only a rollback without hooks gets out; it would fail again."""
    return stored(move.current).status == "pending-rollback"


def _step(number: int, move: Move) -> Step:
    limit, app = seconds(stored(move.to), move.target.details["namespace"]), move.target.app
    hooks = ("--no-hooks",) if skips_hooks(move) else ()
    there = _roll_back(move, move.to, ("--wait", "--wait-for-jobs", *hooks, f"--timeout={limit}s"), limit)
    # what was live may have been unhealthy: waiting for it would only fail
    back = _roll_back(move, move.current, (*hooks, f"--timeout={limit}s"), limit)
    title = f"Roll release {app} back from revision {_named(move.current)} to {_named(move.to)}"
    undo = Undo(back, Probe(_look([move]), line(move, move.current)))
    details = move.target.details
    return Step(
        f"helm.{app}", title, there, Probe(_look([move]), line(move, move.to)), undo, moves=(number,), wave=details["wave"], deadline=limit + 60
    )


def _roll_back(move: Move, to: Release, options: tuple[str, ...], limit: int) -> Command:
    # no revision is deleted on the way: the next upgrade trims the history to its own size
    words = ("roll_back", *_place(move.target.details), move.target.app, salted(move, to), to.id, *options, "--history-max=0")
    return Command(words, limit + 60, VARIABLES)


def _look(moves: Sequence[Move]) -> Command:
    rows = [
        word
        for move in moves
        for word in (move.target.app, stored(move.current).status, salted(move, move.current), salted(move, move.to))
    ]  # fmt: skip
    return Command(("live_releases", *_place(moves[0].target.details), *rows), 20 + 10 * len(moves), VARIABLES)


def _place(details: Mapping[str, Any]) -> tuple[str, str, str]:
    return details["context"], details["namespace"], details["salt"]


def _named(release: Release) -> str:
    return f"{release.id} ({release.version})" if release.version else release.id
