"""Release sets: revisions of several workloads that were live together.

They are linked by commit, version label, change-cause or a tag they share, else guessed by time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from rollback.contracts import LEFT_ALONE
from rollback.model import Finding, Release
from rollback.platforms._cluster.content import labelled_version
from rollback.platforms.kubernetes import shared_tags
from rollback.platforms.kubernetes.details import SetFacts, facts
from rollback.settings.environment import LedgerEntry

Histories = Mapping[str, list[Release]]  # app (a workload) -> its releases, newest first
GUESS = "live at the same time (a guess: nothing links these revisions)"


class Link(Struct, frozen=True):
    """A property that releases deployed together share; `name` for people."""

    name: str
    of: Callable[[Release], str | None]


class Moment(Struct, frozen=True):
    """Releases of the apps that were live together; `label` they share, None for a guess."""

    label: str | None
    parts: dict[str, Release | None]


LINKS = (
    Link("commit", lambda release: release.commit),
    Link("version label", lambda release: labelled_version(facts(release).revision.template)),
    Link("change-cause", lambda release: facts(release).revision.cause or None),
)
TAG = Link("image tag", lambda release: shared_tags.tag(release))


def together(histories: Histories) -> list[Release]:
    """Return sets, newest first, exactly one live.

    Without a link they are guesses by time, for a person to choose from.
    """
    histories = {app: releases for app, releases in histories.items() if releases}
    if not histories:
        return []
    links = (*LINKS, TAG) if shared_tags.link(histories) else LINKS
    link = next((link for link in links if _usable(histories, link)), None)
    serving = {app: _live(releases) for app, releases in histories.items()}
    shared = _agreed(link.of(release) for release in serving.values()) if link else None
    moments = list(_linked(histories, link) if link else _timed(histories))
    sets: dict[str, Release] = {}
    for moment in (Moment(shared, dict(serving)), *moments):
        release = _release(moment, serving, link.name if link else "")
        sets.setdefault(release.id, release)
    return list(sets.values())


def with_verdicts(
    app: str, releases: Sequence[Release], ledger: Sequence[LedgerEntry]
) -> list[Release]:
    """Return the releases of one app with the ledger's verdicts on them.

    Verdicts on sets are added later, as for every platform.
    """
    return [_judged(app, release, ledger) for release in releases]


def _judged(app: str, release: Release, ledger: Sequence[LedgerEntry]) -> Release:
    ids = (release.id, *release.aliases)
    verdicts = [
        entry.verdict
        for entry in ledger
        if entry.app == app and entry.release in ids and entry.artifact in (None, release.artifact)
    ]
    if not verdicts or release.status == "live":
        return release
    return replace(release, status=verdicts[-1])


def _usable(histories: Histories, link: Link) -> bool:
    """True when all live releases and at least one older release have this link.

    Where one label stands on the live content and on another, it tells them apart no longer.
    """
    everywhere = all(link.of(_live(releases)) for releases in histories.values())
    labels = {link.of(release) for releases in histories.values() for release in releases}
    telling = not any(_repeated(releases, link) for releases in histories.values())
    return everywhere and telling and len(labels - {None}) > 1


def _repeated(releases: Sequence[Release], link: Link) -> bool:
    live = _live(releases)
    others = (release for release in releases if release is not live)
    return any(link.of(other) == link.of(live) and other.skip != "same-content" for other in others)


def _linked(histories: Histories, link: Link) -> Iterator[Moment]:
    """Yield for each label, newest first: its revisions, else those that served at that time."""
    newest: dict[str, str] = {}
    for releases in histories.values():
        for release in releases:
            if label := link.of(release):
                newest[label] = max(newest.get(label, ""), release.deployed_at or "")
    for label, at in sorted(newest.items(), key=lambda pair: pair[1], reverse=True):
        parts = {
            app: _carrying(releases, link, label) or _serving_at(releases, at)
            for app, releases in histories.items()
        }
        yield Moment(label, parts)


def _timed(histories: Histories) -> Iterator[Moment]:
    times = {release.deployed_at or "" for releases in histories.values() for release in releases}
    for at in sorted(times, reverse=True):
        parts = {app: _serving_at(releases, at) for app, releases in histories.items()}
        yield Moment(None, parts)


def _release(moment: Moment, serving: Mapping[str, Release], link: str) -> Release:
    present = {app: release for app, release in moment.parts.items() if release is not None}
    content = ",".join(f"{app}={present[app].artifact}" for app in sorted(present))
    live = all(moment.parts[app] is serving[app] for app in serving)
    release = Release(
        id="set-" + hashlib.sha256(content.encode()).hexdigest()[:7],
        version=moment.label or _versions(present),
        status="live" if live else "superseded",
        deployed_at=max((part.deployed_at or "" for part in present.values()), default=None),
        commit=_agreed(part.commit for part in present.values()),
        description=f"linked by {link}" if link else GUESS,
        artifacts={app: part.artifact or "" for app, part in present.items()},
        guess=not link,
        images=_of_containers(present, lambda part: part.images),
        digests=_of_containers(present, lambda part: part.digests),
        serves=",".join(f"{app}={present[app].serves}" for app in sorted(present)),
        facts=SetFacts(present),
    )
    return release if live else _with_doubts(release, present, serving)


def _with_doubts(
    release: Release, present: Mapping[str, Release], serving: Mapping[str, Release]
) -> Release:
    """Doubt the set for a doubt about any part that moves; what is newer than it stays."""
    absent = [app for app in serving if app not in present]
    if gone := [app for app in absent if not _is_newer(serving[app], release)]:
        reason = f"{', '.join(gone)} has no revision from that time"
        return replace(release, skip="artifact-gone", skip_reason=reason)
    moving = [part for app, part in present.items() if part is not serving[app]]
    if absent and not moving:
        reason = f"only without {', '.join(absent)}, which was made later"
        return replace(release, skip="same-content", skip_reason=reason)
    release = replace(release, findings=tuple(_stays(app, serving[app]) for app in absent))
    for part in moving:
        if part.status in ("rolled-back-from", "failed"):
            return replace(release, status=part.status, skip_reason=part.skip_reason)
    for part in moving:
        if part.skip and part.skip != "same-content":
            reason = f"{facts(part).workload.key} revision {part.id}: {part.skip_reason}"
            return replace(release, skip=part.skip, skip_reason=reason)
    if all(part.skip == "same-content" for part in moving):
        reason = "differs from the live set only by restarts"
        return replace(release, skip="same-content", skip_reason=reason)
    served = [part.served_seconds or 0 for part in moving if not part.proven]
    proven = "pods of it are ready now" if moving and not served else ""
    return replace(release, served_seconds=min(served, default=None), proven=proven)


def _is_newer(part: Release, release: Release) -> bool:
    """True when the workload itself was made after the release: nothing of it is missing."""
    made = facts(part).workload.meta.get("creationTimestamp") or ""
    return made > (release.deployed_at or made)


def _stays(app: str, live: Release) -> Finding:
    workload = facts(live).workload
    made = workload.meta["creationTimestamp"]
    message = (
        f"{app} stays on {live.label}: it was made at {made}, after the release that is chosen"
    )
    namespace = workload.meta.get("namespace", "")
    stop = f"kubectl -n {namespace} scale {workload.key} --replicas=0"
    fix = stop if workload.kind != "daemonset" else "delete it by hand"
    return Finding("warning", LEFT_ALONE, message, f"{fix}, if it must not run beside that")


def _of_containers(
    present: Mapping[str, Release], names: Callable[[Release], Mapping[str, str]]
) -> dict[str, str]:
    return {
        f"{app}/{container}": value
        for app, part in present.items()
        for container, value in names(part).items()
    }


def _live(releases: Sequence[Release]) -> Release:
    return next(release for release in releases if release.status == "live")


def _carrying(releases: Sequence[Release], link: Link, label: str) -> Release | None:
    return next((release for release in releases if link.of(release) == label), None)


def _serving_at(releases: Sequence[Release], at: str) -> Release | None:
    """Return the release that was deployed last before that time."""
    earlier = [release for release in releases if (release.deployed_at or "") <= at]
    return max(earlier, key=lambda release: release.deployed_at or "", default=None)


def _versions(parts: Mapping[str, Release]) -> str | None:
    return "+".join(dict.fromkeys(part.version or "?" for part in parts.values())) or None


def _agreed(labels: Iterable[str | None]) -> str | None:
    distinct = set(labels)
    return distinct.pop() if len(distinct) == 1 else None
