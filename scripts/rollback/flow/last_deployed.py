"""Of several targets, those that the last deployment did not change stay where they are. Pure.

`previous` takes the last deployment back: what was deployed long before it, or is what the others
go back to, is no part of it. A person can still name it. What is known to be bad is never left.
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
DAY = 86400  # seconds: longer apart, the same version is chance


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

    @property
    def is_bad(self) -> bool:
        """Whether something speaks against what is live, or it never came to an end."""
        return choose.is_bad(self.live) or self.live.artifact is None

    @property
    def at(self) -> str | None:
        """Return when the content that is live was deployed, None where nobody knows.

        A restart, the same content again, or a rollback that came back to it is no deployment.
        """
        releases, live = self.history.releases, self.live
        at = live.deployed_at
        for release in releases[releases.index(live) + 1 :]:
            if release.skip == "same-content" or choose.same_content(release, live):
                at = release.deployed_at
            elif release.status != "rolled-back-from":
                break
        return at


def narrowed(picks: Sequence[Pick]) -> list[Choice]:
    """Return the choices; of what stays, `to` is the live release, and a finding says why."""
    reached = _reached(picks)
    deployed = _deployed([pick for pick in picks if id(pick) not in reached])
    if not any(pick.goal for pick in deployed):  # the last deployment cannot be taken back
        return [pick.choice for pick in picks]
    return [_narrowed(pick, reached.get(id(pick)), deployed) for pick in picks]


def _narrowed(pick: Pick, reached: Pick | None, deployed: Sequence[Pick]) -> Choice:
    if not pick.goal or any(pick is other for other in deployed):
        return pick.choice
    app, fix = pick.history.target.app, f"to roll it back, too: --app {pick.history.target.app}"
    stays = f"{app} stays on {pick.live.label}"
    if reached:
        why = f"{reached.history.target.app} goes back to that version"
        return Choice(pick.live, findings=(Finding("note", LEFT_ALONE, f"{stays}: {why}", fix),))
    last = max(deployed, key=lambda other: other.at or "")
    why = f"deployed {pick.at}, before {last.history.target.app} ({last.at})"
    return Choice(pick.live, findings=(Finding("warning", LEFT_ALONE, f"{stays}: {why}", fix),))


def _reached(picks: Sequence[Pick]) -> dict[int, Pick]:
    """Return the targets that others go back to the version of; those others themselves move."""
    moving = [pick for pick in picks if pick.goal]
    reached = {id(pick): other for pick in moving if (other := _reached_by(pick, moving))}
    return {pick: other for pick, other in reached.items() if id(other) not in reached}


def _reached_by(pick: Pick, picks: Sequence[Pick]) -> Pick | None:
    """Return the target that goes back to the version that this one is on already."""
    version = pick.live.version
    if not version or is_moving(f"image:{version}") or pick.is_bad:
        return None
    for other in picks:
        goal, live = other.goal, other.live
        if goal is None or goal.version != version or live.version == version:
            continue
        if _went_back(pick, live.version) or _was_deployed_with(pick, other, goal):
            return other
    return None


def _went_back(pick: Pick, version: str | None) -> bool:
    """True after a rollback that reached only a part of the targets."""
    return any(
        release.status == "rolled-back-from" and release.version == version
        for release in pick.history.releases
    )


def _was_deployed_with(pick: Pick, other: Pick, goal: Release) -> bool:
    """True where the two were one deployment; what nobody knows is no sign of it."""
    if not (pick.at and other.at and goal.deployed_at):
        return False
    return pick.at < other.at and _apart(pick.at, goal.deployed_at) <= TOGETHER


def _deployed(picks: Sequence[Pick]) -> list[Pick]:
    """Return the targets of the last deployment: the newest, and what belongs to one of them.

    What is known to be bad belongs to it, whenever it was deployed.
    """
    rest = sorted(picks, key=lambda pick: pick.at or "", reverse=True)
    last = [pick for pick in rest if pick is rest[0] or pick.is_bad]
    rest = [pick for pick in rest if not any(pick is other for other in last)]
    while more := [pick for pick in rest if any(_together(pick, other) for other in last)]:
        last += more
        rest = [pick for pick in rest if not any(pick is other for other in more)]
    return last


def _together(pick: Pick, other: Pick) -> bool:
    """True when both were deployed at the same time, or nobody knows when."""
    if not pick.at or not other.at:
        return True
    return _apart(pick.at, other.at) <= (DAY if _same_version(pick, other) else TOGETHER)


def _same_version(pick: Pick, other: Pick) -> bool:
    """True when both came to one version that says something: it differs from what was before."""
    version = pick.live.version
    befores = {one.goal.version for one in (pick, other) if one.goal}
    return version is not None and version == other.live.version and version not in befores


def _apart(first: str, second: str) -> int:
    return abs(seconds_between(first, second))
