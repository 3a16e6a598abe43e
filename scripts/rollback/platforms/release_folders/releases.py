"""The releases of an application, newest first. Modification times decide nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from rollback.settings.environment import Environment
from rollback.model import Release, Status, Target
from rollback.platforms.release_folders import doubts, reading
from rollback.platforms.release_folders.host import Folder
from rollback.platforms.release_folders.log import stamp
from rollback.platforms.release_folders.reading import Asked, Reading
from rollback.platforms.release_folders.versions import COMMIT, tags, version_of
from rollback.shell import Shell
from rollback.text import clean

MARKS = {
    "BAD_RELEASE": "marked BAD_RELEASE by an earlier rollback",
    "DIRTY_RELEASE": "marked DIRTY_RELEASE: files were pushed into it by hand",
}


def releases(
    environment: Environment, found: Sequence[Target], shell: Shell, limit: int
) -> list[list[Release]]:
    """For each target. Raises Unreadable when a host cannot be read."""
    known = tags(shell)
    asked = [Asked(target, environment, known) for target in found]
    return [described(reading.read(one, shell), limit) for one in asked]


def bare(found: Sequence[Release]) -> str | None:
    """What the tool's own command would take.

    `cap deploy:rollback`: the second by modification time (deploy.rake).
    `dep rollback`: the next in the log that is not marked (rollback.php).
    """
    facts: dict[str, Any] = found[0].facts if found else {}
    if facts.get("log") == "capistrano":
        return facts["mtime"][1] if len(facts["mtime"]) > 1 else None
    if facts.get("log") == "deployer" and facts["live"] in facts["listed"]:
        older = facts["listed"][facts["listed"].index(facts["live"]) + 1 :]
        return next((name for name in older if name not in facts["bad"]), None)
    return None


def described(found: Reading, limit: int) -> list[Release]:
    """At most `limit` releases, and the live one, which carries the findings about them all."""
    names = found.names[: max(limit, found.names.index(found.live) + 1)]
    rows = [_release(name, found) for name in names]
    findings = tuple(doubts.findings(rows))
    live = names.index(found.live)
    rows[live] = replace(rows[live], facts={**rows[live].facts, "findings": findings})
    return rows


def part(target: Target, host: str) -> str:
    """How the application is called on one of several hosts."""
    alone = len(target.details["hosts"]) == 1
    return target.app if alone else f"{target.app}@{host.removeprefix('ssh://')}"


def _release(name: str, found: Reading) -> Release:
    folders = {host.name: host.folders[name] for host, _ in found.read if name in host.folders}
    event = found.event(name)
    revision = _revision(folders, (event and event.commit) or "")
    skip, reason = (None, "") if name == found.live else _against(name, found)
    branch = event.branch if event else None
    return Release(
        id=name,
        version=version_of(revision, branch, found.asked.tags),
        status=_status(name, found, skip),
        artifact=revision or None,
        deployed_at=(event.at if event else None) or stamp(name),
        commit=revision if COMMIT.fullmatch(revision) else None,
        description=f"branch {branch}" if branch else "",
        deployed_by=event.by if event else None,
        served_seconds=found.served_seconds(name),
        skip=skip,
        skip_reason=reason,
        artifacts=_parts(found.asked.target, folders),
        facts=_facts(name, found, {} if skip else doubts.about(found.standings[name])),
    )


def _revision(folders: Mapping[str, Folder], logged: str) -> str:
    written = [folder.revision for folder in folders.values() if folder.revision]
    return clean((written or [logged])[0], 100)


def _facts(name: str, found: Reading, unknown: Mapping[str, Any]) -> dict[str, Any]:
    hosts = [host for host, _ in found.read if name in host.folders]
    revisions = {host.name: host.folders[name].revision for host in hosts}
    return {**found.shared, "revisions": revisions, **unknown}


def _parts(target: Target, folders: Mapping[str, Folder]) -> dict[str, str]:
    if len(target.details["hosts"]) == 1:
        return {}
    written = {host: folder.revision for host, folder in folders.items() if folder.revision}
    return {part(target, host): clean(revision, 100) for host, revision in written.items()}


def _against(name: str, found: Reading) -> tuple[str | None, str]:
    """The platform's evidence against a release: a skip code and why, or nothing."""
    if missing := [host for host, _ in found.read if name not in host.folders]:
        packed = any(name in host.archived for host in missing)
        how = "was packed into a tar.gz by an earlier rollback" if packed else "is missing"
        return "artifact-gone", f"its folder {how} on {', '.join(host.where for host in missing)}"
    if why := doubts.unfinished(found.standings[name]):
        return "unfinished", why
    seen = set().union(*(host.folders[name].marks for host, _ in found.read))
    marks = [MARKS[mark] for mark in sorted(MARKS) if mark in seen]
    return ("bad-mark", marks[0]) if marks else (None, "")


def _status(name: str, found: Reading, skip: str | None) -> Status:
    if name == found.live:
        return "live"
    if skip == "unfinished":
        return "failed"
    if any(name in said.replaced | host.archived for host, said in found.read):
        return "rolled-back-from"
    if any("BAD_RELEASE" in host.folders[name].marks for host, _ in found.standings[name]):
        return "rolled-back-from"
    return "superseded" if found.event(name) or name in found.shared["served"] else "unknown"
