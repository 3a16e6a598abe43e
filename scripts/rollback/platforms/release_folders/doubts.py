"""What is not known of a release, in words: evidence that its deploy finished, logs that are not understood."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rollback.model import Finding, Release
from rollback.platforms.release_folders.host import Host
from rollback.platforms.release_folders.story import Standing

Standings = Sequence[tuple[Host, Standing]]


def unfinished(standings: Standings) -> str:
    """Why the deploy of a release did not finish; "" when nothing shows that.

    A log that does not name it is no evidence while another host's log does.
    """
    named = any(standing.word == "served" for _, standing in standings)
    found = [(host, standing) for host, standing in standings if standing.word == "unfinished" and not (standing.by_absence and named)]
    return f"{found[0][1].why} on {found[0][0].where}" if found else ""


def about(name: str, standings: Standings) -> dict[str, Any]:
    """Facts of a release that may be picked: `guess` makes a plan ask, `doubt` says why, `unread` that a log is not understood."""
    words = {standing.word for _, standing in standings}
    unread = next((f"{host.where}/revisions.log {standing.unread}" for host, standing in standings if standing.unread), "")
    why = next((f"{standing.why} on {host.where}" for host, standing in standings if standing.word in ("doubtful", "unfinished")), "")
    proven = words == {"served"} or all(host.log is None for host, _ in standings)
    return {"guess": bool(why), "doubt": why, "unread": unread, "unproven": not proven}


def findings(releases: Sequence[Release]) -> Iterator[Finding]:
    """For a plan, whatever it goes to: the log that is not understood, and why the newest candidates are not picked by themselves."""
    if unread := next((release.facts["unread"] for release in releases if release.facts.get("unread")), ""):
        message = f"{unread}: what this log does not name is not held against a release"
        yield Finding("warning", "log-not-understood", message, "record releases after each deploy: history.py --record")
    live = next(at for at, release in enumerate(releases) if release.status == "live")
    for release in releases[live + 1 :]:
        if release.skip:
            continue
        if not release.facts.get("doubt"):
            return
        yield from not_proven(release)


def not_proven(release: Release) -> Iterator[Finding]:
    """Nothing proves that this release was ever live."""
    if doubt := release.facts.get("doubt"):
        yield Finding("warning", "finish-not-proven", f"the deploy of {release.id} may not have finished: {doubt}", "look at it before you name it")
    elif release.facts.get("unproven"):
        message = f"nothing proves that the deploy of {release.id} finished; it looks like the releases around it"
        yield Finding("warning", "finish-not-proven", message, "record releases after each deploy: history.py --record")
