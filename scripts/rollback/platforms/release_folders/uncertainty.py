"""What is not known of a release: did its deploy finish, can the log be read?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rollback.model import Finding, Release
from rollback.platforms.release_folders import details
from rollback.platforms.release_folders.app_history import Assessments

_RECORD = "record releases after each deploy: history.py --record"


def unfinished(assessments: Assessments) -> str:
    """Return why a release's deploy did not finish, "" without evidence for that.

    A log that does not list it is no evidence while another host's log does.
    """
    listed = any(assessment.state == "served" for _, assessment in assessments)
    for host, assessment in assessments:
        if assessment.state == "unfinished" and not (assessment.by_absence and listed):
            return f"{assessment.why} on {host.where}"
    return ""


def doubt(assessments: Assessments) -> str:
    """Return why a release's deploy may not have finished, "" without a reason."""
    reasons = (
        f"{assessment.why} on {host.where}" for host, assessment in assessments if assessment.why
    )
    return next(reasons, "")


def unproven(assessments: Assessments) -> bool:
    """Whether nothing shows that the release ever served, although there is a log."""
    has_log = any(host.log is not None for host, _ in assessments)
    return has_log and {assessment.state for _, assessment in assessments} != {"served"}


def unread_log(assessments: Assessments) -> str:
    """Return which log about it was unreadable and why, "" for none."""
    logs = (
        f"{host.where}/revisions.log {assessment.unread}"
        for host, assessment in assessments
        if assessment.unread
    )
    return next(logs, "")


def findings(releases: Sequence[Release]) -> Iterator[Finding]:
    """Return findings for every plan: unreadable logs, doubts about the newest candidates."""
    unread = [log for release in releases if (log := details.facts_of(release).unread_log)]
    if unread:
        message = f"{unread[0]}: a release that it does not list is not treated as failed"
        yield Finding("warning", "log-not-understood", message, _RECORD)
    live = next(index for index, release in enumerate(releases) if release.status == "live")
    for release in releases[live + 1 :]:
        if release.skip:
            continue
        if not release.doubt:
            return
        yield from finish_not_proven(release)


def finish_not_proven(release: Release) -> Iterator[Finding]:
    """Warn that nothing proves that this release was ever live."""
    code = "finish-not-proven"
    if release.doubt:
        message = f"the deploy of {release.id} may not have finished: {release.doubt}"
        yield Finding("warning", code, message, "check it before you choose it")
    elif release.unproven:
        message = (
            f"no record shows that the deploy of {release.id} finished, but its files look complete"
        )
        yield Finding("warning", code, message, _RECORD)
