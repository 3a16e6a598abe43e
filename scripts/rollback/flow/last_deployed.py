"""Of several targets, those that the last deployment did not change stay where they are. Pure.

`previous` takes the last deployment back: what was deployed long before it, or is what the others
go back to, is no part of it. A person can still name it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rollback.clock import seconds_between
from rollback.contracts import LEFT_ALONE
from rollback.flow import choose
from rollback.flow.choose import Choice
from rollback.flow.history import TargetHistory
from rollback.model import Finding, Release
from rollback.model.image import is_moving

TOGETHER = 900  # seconds between the deployments of what belongs together


class Pick(NamedTuple):
    """What `previous` means for one target."""

    history: TargetHistory
    choice: Choice

    @property
    def live(self) -> Release:
        return choose.live(self.history.releases)

    @property
    def goal(self) -> Release | None:
        return None if self.choice.to is None or self.choice.to.guess else self.choice.to


def narrowed(picks: Sequence[Pick]) -> list[Choice]:
    """Return the choices; of what stays, `to` is the live release, and a finding says why."""
    moving = [pick for pick in picks if pick.goal]
    reached = {id(pick): other for pick in moving if (other := _reached_by(pick, moving))}
    deployed = _deployed([pick for pick in moving if id(pick) not in reached])
    return [_narrowed(pick, reached.get(id(pick)), deployed) for pick in picks]


def _narrowed(pick: Pick, reached: Pick | None, deployed: Sequence[Pick]) -> Choice:
    if not pick.goal or any(pick is other for other in deployed):
        return pick.choice
    app, fix = pick.history.target.app, f"to roll it back, too: --app {pick.history.target.app}"
    stays = f"{app} stays on {pick.live.label}"
    if reached:
        why = f"{reached.history.target.app} goes back to that version"
        return Choice(pick.live, findings=(Finding("note", LEFT_ALONE, f"{stays}: {why}", fix),))
    last = max(deployed, key=_at)
    why = f"deployed {_at(pick)}, long before {last.history.target.app} ({_at(last)})"
    return Choice(pick.live, findings=(Finding("warning", LEFT_ALONE, f"{stays}: {why}", fix),))


def _reached_by(pick: Pick, picks: Sequence[Pick]) -> Pick | None:
    """Return the target that goes back to the version that this one is on already."""
    version = pick.live.version
    if not version or is_moving(f"image:{version}"):
        return None
    for other in picks:
        goal, live = other.goal, other.live
        if goal is None or goal.version != version or live.version == version:
            continue
        if _went_back(pick, live.version) or (
            _at(pick) < _at(other) and _close(pick.live, goal)  # the two were one deployment
        ):
            return other
    return None


def _went_back(pick: Pick, version: str | None) -> bool:
    """True after a rollback that reached only a part of the targets."""
    return any(
        release.status == "rolled-back-from" and release.version == version
        for release in pick.history.releases
    )


def _deployed(picks: Sequence[Pick]) -> list[Pick]:
    """Return the targets of the last deployment: the newest, and what belongs to one of them."""
    rest = sorted(picks, key=_at, reverse=True)
    last, rest = rest[:1], rest[1:]
    while more := [pick for pick in rest if any(_together(pick, other) for other in last)]:
        last += more
        rest = [pick for pick in rest if not any(pick is other for other in more)]
    return last


def _together(pick: Pick, other: Pick) -> bool:
    unfinished = pick.live.artifact is None  # what it asks for is not there yet
    return unfinished or _same_version(pick, other) or _close(pick.live, other.live)


def _same_version(pick: Pick, other: Pick) -> bool:
    """True when both came to one version that says something: it differs from what was before."""
    version = pick.live.version
    befores = {one.goal.version for one in (pick, other) if one.goal}
    return version is not None and version == other.live.version and version not in befores


def _close(first: Release, second: Release) -> bool:
    """True when both were deployed at the same time, or nobody knows when."""
    if not first.deployed_at or not second.deployed_at:
        return True
    return abs(seconds_between(first.deployed_at, second.deployed_at)) <= TOGETHER


def _at(pick: Pick) -> str:
    return pick.live.deployed_at or ""
