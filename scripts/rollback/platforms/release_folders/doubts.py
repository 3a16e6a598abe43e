"""What is not known of a release, in words: did its deploy finish, is the log understood?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rollback.model import Finding, Release
from rollback.platforms.release_folders.host import Host
from rollback.platforms.release_folders.story import Standing

Standings = Sequence[tuple[Host, Standing]]
_RECORD = "record releases after each deploy: history.py --record"


def unfinished(standings: Standings) -> str:
    """Why the deploy of a release did not finish; "" when nothing shows that.

    A log that does not name it is no evidence while another host's log does.
    """
    named = any(standing.word == "served" for _, standing in standings)
    for host, standing in standings:
        if standing.word == "unfinished" and not (standing.by_absence and named):
            return f"{standing.why} on {host.where}"
    return ""


def about(standings: Standings) -> dict[str, Any]:
    """Facts of a release that may be picked.

    `guess` makes a plan ask, `doubt` says why; `unproven`: nothing shows that it ever served.
    `unread`: which log is not understood, and why.
    """
    words = {standing.word for _, standing in standings}
    doubted = [_on(host, standing.why) for host, standing in standings if standing.why]
    unread = [
        f"{host.where}/revisions.log {said.unread}" for host, said in standings if said.unread
    ]
    no_log = all(host.log is None for host, _ in standings)
    return {
        "guess": bool(doubted),
        "doubt": next(iter(doubted), ""),
        "unread": next(iter(unread), ""),
        "unproven": words != {"served"} and not no_log,
    }


def findings(releases: Sequence[Release]) -> Iterator[Finding]:
    """For every plan: a log that is not understood, doubts about the newest candidates."""
    for unread in [found for one in releases if (found := one.facts.get("unread"))][:1]:
        message = f"{unread}: what this log does not name is not held against a release"
        yield Finding("warning", "log-not-understood", message, _RECORD)
    live = next(at for at, release in enumerate(releases) if release.status == "live")
    for release in releases[live + 1 :]:
        if release.skip:
            continue
        if not release.facts.get("doubt"):
            return
        yield from not_proven(release)


def not_proven(release: Release) -> Iterator[Finding]:
    """Nothing proves that this release was ever live."""
    message, fix = "", ""
    if doubt := release.facts.get("doubt"):
        message = f"the deploy of {release.id} may not have finished: {doubt}"
        fix = "look at it before you name it"
    elif release.facts.get("unproven"):
        looks = "it looks like the releases around it"
        message, fix = f"nothing proves that the deploy of {release.id} finished; {looks}", _RECORD
    if message:
        yield Finding("warning", "finish-not-proven", message, fix)


def _on(host: Host, why: str) -> str:
    return f"{why} on {host.where}"
