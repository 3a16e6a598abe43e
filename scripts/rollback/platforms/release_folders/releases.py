"""The releases of an application, newest first. Modification times decide nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from rollback.model import Release, Status, Target
from rollback.platforms.release_folders import app_history, details, uncertainty
from rollback.platforms.release_folders.app_history import AppHistory, Context
from rollback.platforms.release_folders.deploy_log import time_in_name
from rollback.platforms.release_folders.details import Facts
from rollback.platforms.release_folders.versions import COMMIT, tags, version_of
from rollback.settings.environment import Environment
from rollback.shell import Shell
from rollback.text import clean

MARKS = {
    "BAD_RELEASE": "marked BAD_RELEASE by an earlier rollback",
    "DIRTY_RELEASE": "marked DIRTY_RELEASE: files were pushed into it by hand",
}


def releases(
    environment: Environment, targets: Sequence[Target], shell: Shell, limit: int
) -> list[list[Release]]:
    """Return each target's releases. Raises Unreadable when a host cannot be read."""
    known = tags(shell)
    contexts = [Context(target, environment, known) for target in targets]
    return [from_history(app_history.read(context, shell), limit) for context in contexts]


def bare(releases: Sequence[Release]) -> str | None:
    """Return what the deploy tool's own rollback would pick.

    `cap deploy:rollback`: the second by modification time (deploy.rake).
    `dep rollback`: the next in the log that is not marked (rollback.php).
    """
    if not releases:
        return None
    history = details.facts_of(releases[0]).history
    if history.log == "capistrano":
        return history.by_mtime[1] if len(history.by_mtime) > 1 else None
    if history.log == "deployer" and history.live in history.logged:
        older = history.logged[history.logged.index(history.live) + 1 :]
        return next((name for name in older if name not in history.marked_bad), None)
    return None


def from_history(history: AppHistory, limit: int) -> list[Release]:
    """Return at most `limit` releases, and the live one, which carries the findings."""
    live = history.names.index(history.live)
    rows = [_release(name, history) for name in history.names[: max(limit, live + 1)]]
    rows[live] = replace(rows[live], findings=tuple(uncertainty.findings(rows)))
    return rows


def _release(name: str, history: AppHistory) -> Release:
    event = history.event(name)
    branch = event.branch if event else None
    revision = _revision(name, history)
    release = Release(
        id=name,
        version=version_of(revision, branch, history.context.tags),
        artifact=revision or None,
        deployed_at=(event.at if event else None) or time_in_name(name),
        commit=revision if COMMIT.fullmatch(revision) else None,
        description=f"branch {branch}" if branch else "",
        deployed_by=event.by if event else None,
        served_seconds=history.served_seconds(name),
        artifacts=_artifacts(name, history),
    )
    return _judged(release, history)


def _judged(release: Release, history: AppHistory) -> Release:
    """Return the release with its status and the evidence for and against it."""
    name = release.id
    skip, reason = (None, "") if name == history.live else _against(name, history)
    assessments = [] if skip else history.assessments[name]
    doubt = uncertainty.doubt(assessments)
    return replace(
        release,
        status=_status(name, history, skip),
        skip=skip,
        skip_reason=reason,
        guess=bool(doubt),
        doubt=doubt,
        unproven=uncertainty.unproven(assessments),
        facts=Facts(history.facts, _revisions(name, history), uncertainty.unread_log(assessments)),
    )


def _revisions(name: str, history: AppHistory) -> dict[str, str]:
    """Return host -> the release's REVISION there."""
    return {host.name: host.folders[name].revision for host in history.with_folder(name)}


def _revision(name: str, history: AppHistory) -> str:
    """Return the REVISION of any host, else the commit in the log."""
    event = history.event(name)
    logged = event.commit if event else None
    written = next(filter(None, _revisions(name, history).values()), None)
    return clean(written or logged or "", 100)


def _artifacts(name: str, history: AppHistory) -> dict[str, str]:
    target = history.context.target
    if len(details.of(target).hosts) == 1:
        return {}
    revisions: Mapping[str, str] = _revisions(name, history)
    return {
        details.app_on(target, host): clean(revision, 100)
        for host, revision in revisions.items()
        if revision
    }


def _against(name: str, history: AppHistory) -> tuple[str | None, str]:
    """Return a skip code and its reason, or (None, None)."""
    if missing := [row.host for row in history.hosts if name not in row.host.folders]:
        packed = any(name in host.archived for host in missing)
        how = "was packed into a tar.gz by an earlier rollback" if packed else "is missing"
        return "artifact-gone", f"its folder {how} on {', '.join(host.where for host in missing)}"
    if why := uncertainty.unfinished(history.assessments[name]):
        return "unfinished", why
    marks = _marks(name, history)
    reason = next((MARKS[mark] for mark in sorted(MARKS) if mark in marks), "")
    return ("bad-mark", reason) if reason else (None, "")


def _marks(name: str, history: AppHistory) -> frozenset[str]:
    hosts = history.with_folder(name)
    return frozenset().union(*(host.folders[name].marks for host in hosts))


def _status(name: str, history: AppHistory, skip: str | None) -> Status:
    if name == history.live:
        return "live"
    if skip == "unfinished":
        return "failed"
    if any(name in row.rolled_back_from | row.host.archived for row in history.hosts):
        return "rolled-back-from"
    if "BAD_RELEASE" in _marks(name, history):
        return "rolled-back-from"
    known = history.event(name) or name in history.facts.served
    return "superseded" if known else "unknown"
