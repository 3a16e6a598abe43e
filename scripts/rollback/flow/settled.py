"""Has a run already arrived, and is everything still where it left it? Reads before anybody is asked."""

from __future__ import annotations

from rollback.approval import shown
from rollback.records import run as runs
from rollback.cli import command
from rollback.errors import Drifted, Unreadable
from rollback.flow import result
from rollback.flow.job import Job

ARRIVED = {"execute": "finished", "restore": "restored"}
_FEW = 3


def arrived(one: Job) -> bool:
    """True when its journal says so and the platform, read now, agrees: there is nothing to approve.

    False leaves it to the ordinary way. Raises, about a restored run, Drifted (changed since), Unreadable.
    """
    if runs.state(one.folder) != ARRIVED[one.request.verb] or not _as_shown(one):
        return False
    lines = result.lines(one)
    if one.request.verb == "restore":
        _refuse_changed(one, lines)
    return bool(lines) and all(line.place == "end" for line in lines) and _complete(one, lines)


def _as_shown(one: Job) -> bool:
    """The script reads the platform; without an approval it is run only as it was when planned."""
    return shown.digest_of(one.request.project, one.folder) == one.digest


def _complete(one: Job, lines: list[result.Line]) -> bool:
    """Every line of every guard was read, and each move has one that tells its releases apart."""
    expected = sum(len(guard.current) for guard in one.plan.guards)
    compared = {
        move
        for guard in one.plan.guards
        for move, current, to in zip(guard.moves, guard.current, guard.to, strict=False)
        if current != to
    }
    return len(lines) == expected and compared == set(range(len(one.plan.moves)))


def _refuse_changed(one: Job, lines: list[result.Line]) -> None:
    name = one.folder.name
    if changed := [line for line in lines if line.place == "elsewhere"]:
        now = "; ".join(f"{line.title}: now {line.text or 'gone'}" for line in changed[:_FEW])
        message = (
            f"run {name} was restored, but what serves has changed since ({now}); nothing was done"
        )
        status = command("plan", one.plan.environment, "status")
        raise Drifted(
            "drifted", message, f"look at what serves now ({status}), then make a new plan"
        )
    if silent := [line for line in lines if line.place == "unreadable"]:
        titles = ", ".join(dict.fromkeys(line.title for line in silent[:_FEW]))
        message = f"run {name} was restored, but whether it still is could not be read: {titles}"
        raise Unreadable(
            "unreadable", message, "check the connection and the login, then run it again"
        )
