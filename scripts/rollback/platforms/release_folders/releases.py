"""The releases of an application over all its hosts, newest first: from the log and the folders, never from modification times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from rollback.environment import Environment
from rollback.model import Release, Status, Target
from rollback.platforms.release_folders.host import Folder, Host
from rollback.platforms.release_folders.log import stamp
from rollback.platforms.release_folders.question import ask
from rollback.platforms.release_folders.story import Story, ordered, story
from rollback.platforms.release_folders.versions import COMMIT, tags, version_of
from rollback.shell import Shell
from rollback.text import clean

PRUNED = 10  # releases whose folders are long gone: enough to say so by name
MARKS = {"BAD_RELEASE": "marked BAD_RELEASE by an earlier rollback", "DIRTY_RELEASE": "marked DIRTY_RELEASE: files were pushed into it by hand"}


def releases(environment: Environment, found: Sequence[Target], shell: Shell, limit: int) -> list[list[Release]]:
    """For each target. Raises Unreadable when a host cannot be read."""
    known = tags(shell)
    return [merged(target, _read(target, shell), known, limit) for target in found]


def bare(found: Sequence[Release]) -> str | None:
    """What `cap deploy:rollback` (second by modification time: deploy.rake) or `dep rollback` (next in the log: rollback.php) would take."""
    facts: dict[str, Any] = found[0].facts if found else {}
    if facts.get("log") == "capistrano":
        return facts["mtime"][1] if len(facts["mtime"]) > 1 else None
    if facts.get("log") == "deployer":
        older = facts["listed"][facts["listed"].index(facts["live"]) + 1 :] if facts["live"] in facts["listed"] else []
        return next((name for name in older if name not in facts["bad"]), None)
    return None


class Reading(Struct, frozen=True):
    """One application on all its hosts, each with its past; `tags` are those of the project's git, `shared` what `bare` has to know."""

    target: Target
    read: tuple[tuple[Host, Story], ...]
    live: str
    tags: Mapping[str, Sequence[str]]
    shared: dict[str, Any]


def merged(target: Target, hosts: Sequence[Host], known: Mapping[str, Sequence[str]], limit: int) -> list[Release]:
    """One list for all hosts. The newest release that serves anywhere is the live one."""
    stories = [story(host) for host in hosts]
    names = ordered([name for host in hosts for name in (*host.folders, *filter(None, [host.live]))], stories)
    live = next(name for name in names if any(name == host.live for host in hosts))
    gone = [name for name in names if name != live and not any(name in host.folders for host in hosts)]
    kept = [name for name in names if name not in gone[PRUNED:]]
    reading = Reading(target, tuple(zip(hosts, stories, strict=True)), live, known, _shared(hosts[0], stories[0], live))
    return [_release(name, reading) for name in kept[: max(limit, kept.index(live) + 1)]]


def _read(target: Target, shell: Shell) -> list[Host]:
    hosts = target.details["hosts"]
    return ask([host["host"] for host in hosts], hosts[0]["path"], shell)


def _shared(host: Host, said: Story, live: str) -> dict[str, Any]:
    """What `bare` has to know, of the first host: the tools ask each host, and use them all alike."""
    listed = [name for name in reversed(said.told) if name in host.folders]
    bad = {name for name, folder in host.folders.items() if "BAD_RELEASE" in folder.marks}
    return {"log": host.log, "mtime": host.by_mtime, "listed": listed, "bad": bad, "live": live}


def _release(name: str, reading: Reading) -> Release:
    live, read = reading.live, reading.read
    folders = {host.name: host.folders[name] for host, _ in read if name in host.folders}
    event = next((said.told[name] for _, said in read if name in said.told), None)
    revision = clean(next((folder.revision for folder in folders.values() if folder.revision), (event and event.commit) or ""), 100)
    skip, reason = (None, "") if name == live else _against(name, read)
    branch = event.branch if event else None
    return Release(
        id=name, version=version_of(revision, branch, reading.tags), status=_status(name, live, read, skip), artifact=revision or None,
        deployed_at=(event.at if event else None) or stamp(name), commit=revision if COMMIT.fullmatch(revision) else None,
        description=f"branch {branch}" if branch else "", deployed_by=event.by if event else None,
        served_seconds=max((said.served[name] for _, said in read if name in said.served and name != live), default=None),
        skip=skip, skip_reason=reason, artifacts=_parts(reading.target, folders),
        facts={**reading.shared, "revisions": {host: folder.revision for host, folder in folders.items()}},
    )  # fmt: skip


def part(target: Target, host: str) -> str:
    """How the application is called on one of several hosts."""
    return target.app if len(target.details["hosts"]) == 1 else f"{target.app}@{host.removeprefix('ssh://')}"


def _parts(target: Target, folders: Mapping[str, Folder]) -> dict[str, str]:
    several = len(target.details["hosts"]) > 1
    return {part(target, host): clean(folder.revision, 100) for host, folder in folders.items() if folder.revision} if several else {}


def _against(name: str, read: Sequence[tuple[Host, Story]]) -> tuple[str | None, str]:
    """The platform's evidence against a release: a skip code and why, or nothing."""
    if missing := [host.where for host, _ in read if name not in host.folders]:
        return "artifact-gone", f"its folder is missing on {', '.join(missing)}"
    if why := next((f"{why} on {host.where}" for host, said in read for why in [said.unfinished(name)] if why), None):
        return "unfinished", why
    marks = [MARKS[mark] for host, _ in read for mark in sorted(MARKS) if mark in host.folders[name].marks]
    return ("bad-mark", marks[0]) if marks else (None, "")


def _status(name: str, live: str, read: Sequence[tuple[Host, Story]], skip: str | None) -> Status:
    if name == live:
        return "live"
    if skip == "unfinished":
        return "failed"
    if any(name in said.replaced or "BAD_RELEASE" in host.folders.get(name, Folder()).marks for host, said in read):
        return "rolled-back-from"
    return "superseded" if any(name in said.told for _, said in read) else "unknown"
