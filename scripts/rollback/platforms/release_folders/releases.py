"""The releases of an application over all its hosts, newest first: from the log and the folders, never from modification times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from rollback.environment import Environment
from rollback.model import Release, Status, Target
from rollback.platforms.release_folders import doubts
from rollback.platforms.release_folders.host import Folder, Host
from rollback.platforms.release_folders.log import Event, stamp
from rollback.platforms.release_folders.question import ask
from rollback.platforms.release_folders.story import Standing, Story, ordered, story
from rollback.platforms.release_folders.versions import COMMIT, tags, version_of
from rollback.shell import Shell
from rollback.text import clean

PRUNED = 10  # releases whose folders are long gone: enough to say so by name
MARKS = {"BAD_RELEASE": "marked BAD_RELEASE by an earlier rollback", "DIRTY_RELEASE": "marked DIRTY_RELEASE: files were pushed into it by hand"}


def releases(environment: Environment, found: Sequence[Target], shell: Shell, limit: int) -> list[list[Release]]:
    """For each target. Raises Unreadable when a host cannot be read."""
    known = tags(shell)
    return [_told(merged(Asked(target, environment, known), _read(target, shell), limit)) for target in found]


def bare(found: Sequence[Release]) -> str | None:
    """What `cap deploy:rollback` (second by modification time: deploy.rake) or `dep rollback` (next in the log: rollback.php) would take."""
    facts: dict[str, Any] = found[0].facts if found else {}
    if facts.get("log") == "capistrano":
        return facts["mtime"][1] if len(facts["mtime"]) > 1 else None
    if facts.get("log") == "deployer":
        older = facts["listed"][facts["listed"].index(facts["live"]) + 1 :] if facts["live"] in facts["listed"] else []
        return next((name for name in older if name not in facts["bad"]), None)
    return None


class Asked(Struct, frozen=True):
    """Whose releases they are; `tags` are those of the project's git."""

    target: Target
    environment: Environment
    tags: Mapping[str, Sequence[str]]


class Reading(Struct, frozen=True):
    """One application on all its hosts, each with its past.

    `standings`: release -> what each host that has the folder knows of it. `seconds`: per host the service that its log
    proves. `shared` is what later questions have to know of all releases.
    """

    asked: Asked
    read: tuple[tuple[Host, Story], ...]
    live: str
    standings: dict[str, list[tuple[Host, Standing]]]
    seconds: list[dict[str, float]]
    shared: dict[str, Any]

    def event(self, name: str) -> Event | None:
        return next((said.told[name] for _, said in self.read if name in said.told), None)


def merged(asked: Asked, hosts: Sequence[Host], limit: int) -> list[Release]:
    """One list for all hosts. The newest release that serves anywhere is the live one."""
    stories = [story(host, _known(asked, host)) for host in hosts]
    names = ordered([name for host in hosts for name in _names(host)], stories)
    live = next(name for name in names if any(name == host.live for host in hosts))
    gone = [name for name in names if name != live and not any(name in host.folders for host in hosts)]
    kept = [name for name in names if name not in gone[PRUNED:]]
    read = tuple((host, replace(said, order=tuple(names))) for host, said in zip(hosts, stories, strict=True))
    reading = _reading(asked, read, live, names)
    return [_release(name, reading) for name in kept[: max(limit, kept.index(live) + 1)]]


def _reading(asked: Asked, read: tuple[tuple[Host, Story], ...], live: str, names: Sequence[str]) -> Reading:
    standings = {name: [(host, said.standing(name)) for host, said in read if name in host.folders] for name in names}
    served = {name for name in names if any(standing.word == "served" for _, standing in standings[name])}
    seconds = [said.served_seconds() for _, said in read]
    return Reading(asked, read, live, standings, seconds, {**_shared(*read[0], live), "served": served})


def _read(target: Target, shell: Shell) -> list[Host]:
    hosts = target.details["hosts"]
    return ask([host["host"] for host in hosts], hosts[0]["path"], shell)


def _names(host: Host) -> list[str]:
    return [*host.folders, *host.archived, *filter(None, [host.live])]


def _known(asked: Asked, host: Host) -> set[str]:
    """Releases that our own records saw live here; a name that now holds another revision is another release."""
    wheres = {asked.target.where, *asked.target.details.get("places", ())}
    entries = [*asked.environment.ledger, *asked.environment.sightings]
    ours = [entry for entry in entries if entry.platform == asked.target.platform and entry.where in wheres]
    revisions = {name: clean(folder.revision, 100) for name, folder in host.folders.items()}
    return {entry.release for entry in ours if revisions.get(entry.release, "") in ("", entry.artifact or "") or not entry.artifact}


def _shared(host: Host, said: Story, live: str) -> dict[str, Any]:
    """What `bare` has to know, of the first host: the tools ask each host, and use them all alike."""
    listed = [name for name in reversed(said.told) if name in host.folders]
    bad = {name for name, folder in host.folders.items() if "BAD_RELEASE" in folder.marks}
    return {"log": host.log, "mtime": host.by_mtime, "listed": listed, "bad": bad, "live": live}


def _release(name: str, reading: Reading) -> Release:
    live, read = reading.live, reading.read
    folders = {host.name: host.folders[name] for host, _ in read if name in host.folders}
    event = reading.event(name)
    revision = clean(next((folder.revision for folder in folders.values() if folder.revision), (event and event.commit) or ""), 100)
    skip, reason = (None, "") if name == live else _against(name, reading)
    branch = event.branch if event else None
    facts = {**reading.shared, "revisions": {host: folder.revision for host, folder in folders.items()}}
    return Release(
        id=name, version=version_of(revision, branch, reading.asked.tags), status=_status(name, reading, skip), artifact=revision or None,
        deployed_at=(event.at if event else None) or stamp(name), commit=revision if COMMIT.fullmatch(revision) else None,
        description=f"branch {branch}" if branch else "", deployed_by=event.by if event else None,
        served_seconds=_served_seconds(name, reading), skip=skip, skip_reason=reason,
        artifacts=_parts(reading.asked.target, folders), facts={**facts, **({} if skip else doubts.about(name, reading.standings[name]))},
    )  # fmt: skip


def _served_seconds(name: str, reading: Reading) -> float | None:
    found = [seconds[name] for seconds in reading.seconds if name in seconds]
    return max(found, default=None) if name != reading.live else None


def _told(found: list[Release]) -> list[Release]:
    """What has to be said of the whole history stands with the live release."""
    live = next(release for release in found if release.status == "live")
    findings = tuple(doubts.findings(found))
    return [replace(release, facts={**release.facts, "findings": findings}) if release is live else release for release in found]


def part(target: Target, host: str) -> str:
    """How the application is called on one of several hosts."""
    return target.app if len(target.details["hosts"]) == 1 else f"{target.app}@{host.removeprefix('ssh://')}"


def _parts(target: Target, folders: Mapping[str, Folder]) -> dict[str, str]:
    several = len(target.details["hosts"]) > 1
    return {part(target, host): clean(folder.revision, 100) for host, folder in folders.items() if folder.revision} if several else {}


def _against(name: str, reading: Reading) -> tuple[str | None, str]:
    """The platform's evidence against a release: a skip code and why, or nothing."""
    if missing := [host for host, _ in reading.read if name not in host.folders]:
        packed = any(name in host.archived for host in missing)
        how = "was packed into a tar.gz by an earlier rollback" if packed else "is missing"
        return "artifact-gone", f"its folder {how} on {', '.join(host.where for host in missing)}"
    if why := doubts.unfinished(reading.standings[name]):
        return "unfinished", why
    marks = [MARKS[mark] for host, _ in reading.read for mark in sorted(MARKS) if mark in host.folders[name].marks]
    return ("bad-mark", marks[0]) if marks else (None, "")


def _status(name: str, reading: Reading, skip: str | None) -> Status:
    if name == reading.live:
        return "live"
    if skip == "unfinished":
        return "failed"
    if any(name in said.replaced | host.archived or "BAD_RELEASE" in host.folders.get(name, Folder()).marks for host, said in reading.read):
        return "rolled-back-from"
    return "superseded" if reading.event(name) or name in reading.shared["served"] else "unknown"
