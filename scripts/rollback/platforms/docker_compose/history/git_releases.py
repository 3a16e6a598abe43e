"""Releases that git remembers: the images of each commit, as far as they are here."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from rollback.model import Release, Target
from rollback.platforms.docker_compose import details
from rollback.platforms.docker_compose.definition.source import Source
from rollback.platforms.docker_compose.details import Facts
from rollback.platforms.docker_compose.engine.images import Images
from rollback.platforms.docker_compose.history import at_commit, candidates, commits
from rollback.platforms.docker_compose.history.at_commit import AtCommit
from rollback.platforms.docker_compose.history.builds import Build, Builds
from rollback.platforms.docker_compose.history.candidates import Candidate
from rollback.platforms.docker_compose.services import jobs, stores
from rollback.shell import Shell
from rollback.text import clean

_NEVER = "9999"  # sorts after every time


class Known(Struct, frozen=True):
    """What was read before: `builds` by service, `recorded` id -> what the ledger says of it."""

    target: Target
    today: Source
    images: Images
    builds: Builds
    recorded: Mapping[str, Release]

    @property
    def moving(self) -> list[str]:
        return candidates.moving(self.target)

    @property
    def running(self) -> Collection[str]:
        return details.of(self.target).services.running


def read(known: Known, shell: Shell) -> list[Candidate]:
    """Return a candidate for each commit that is a release.

    In the order of commits, not of deployments: a commit that was deployed again by hand would
    lead back to the release that it replaced.
    """
    project = details.of(known.target)
    history = commits.listed(project, known.today, shell, known.images)
    read = at_commit.read(history, project, shell, known.images)
    revisions = [revision for revision in read if _is_release(revision, known)]
    rebuilt, edited = _rebuilt(revisions, known), _edited(known, shell)
    result = []
    for rank, revision in enumerate(revisions):
        newer = revisions[rank - 1] if rank else None
        built = _built(revision, newer, known.builds, edited)
        order = f"{_utc(revision.commit.at)} {len(revisions) - rank:06}"
        result.append(
            _candidate(revision, _artifacts(revision, built, rebuilt, known), order, known)
        )
    return result


def _is_release(revision: AtCommit, known: Known) -> bool:
    """Whether a commit names its services' images.

    A tagged commit counts anyway: people will ask for it by name.
    """
    services = revision.source.services()
    moving = [service for service in known.moving if service in services]
    if not moving and not _started(revision, known):
        return False
    named = all(service in revision.references or service in known.builds for service in moving)
    return named or bool(revision.commit.tags)


def _started(revision: AtCommit, known: Known) -> list[str]:
    """Return services only this release has, no jobs or stores: the rollback starts them."""
    services = revision.source.services()
    today = {*known.running, *known.today.services()}
    return [
        service
        for service, reference in revision.references.items()
        if service not in today
        and not jobs.by_file(service, services)
        and not stores.by_image(reference)
    ]


def _rebuilt(revisions: Sequence[AtCommit], known: Known) -> set[str]:
    """Return services built repeatedly under one name: the name is the newest build's."""
    services = set()
    for service, group in known.builds.items():
        names = {revision.references.get(service) for revision in revisions}
        built = any(_is_built(service, revision) for revision in revisions)
        if built and len(names) == 1 and len(group) > 1:
            services.add(service)
    return services


def _is_built(service: str, revision: AtCommit) -> bool:
    return bool(revision.source.services().get(service, {}).get("build"))


def _edited(known: Known, shell: Shell) -> dict[str, list[str]]:
    """Return service -> when commits changed what it is built from (UTC).

    Nothing where a single service is built.
    """
    if len(known.builds) < 2:
        return {}
    services, project = known.today.services(), details.of(known.target)
    edited = {}
    for service in known.builds:
        build = services.get(service, {}).get("build")
        context = build.get("context", ".") if isinstance(build, dict) else build
        if isinstance(context, str):
            times = commits.touching(project, context, shell)
            edited[service] = [_utc(at) for at in times]
    return edited


def _built(
    revision: AtCommit, newer: AtCommit | None, builds: Builds, edited: Mapping[str, Sequence[str]]
) -> dict[str, str]:
    """Return service -> this commit's image: by labels, else the last build before the next.

    Where a service was built then, the others were, too: one of which no commit since its newest
    build had changed anything kept its image. `edited`: service -> times of such commits.
    """
    span = _utc(revision.commit.at), _utc(newer.commit.at) if newer else _NEVER
    groups = {service: group for service, group in builds.items() if _is_built(service, revision)}
    images = {
        service: fit.id
        for service, group in groups.items()
        if (fit := _built_for(revision, group, span))
    }
    if not images:
        return {}
    unchanged = {
        service: before.id
        for service, group in groups.items()
        if service in edited and (before := _newest_before(group, span[1]))
        if not any(f"{before.at[:19]}Z" < at <= span[0] for at in edited[service])
    }
    return unchanged | images


def _built_for(revision: AtCommit, group: Sequence[Build], span: tuple[str, str]) -> Build | None:
    """Return the newest image that names the commit, else the newest that was built in its time."""
    commit, moments = revision.commit, [build.at for build in group]
    labelled = [build for build in group if build.belongs_to(commit.hash, commit.tags)]
    timed = [
        build
        for build in group
        if span[0] <= f"{build.at[:19]}Z" < span[1] and moments.count(build.at) == 1
    ]
    return next(iter(labelled or timed), None)


def _newest_before(group: Sequence[Build], end: str) -> Build | None:
    """Return the newest build of that time, if there is only one."""
    before = [build for build in group if f"{build.at[:19]}Z" < end]
    newest = [build for build in before if build.at == before[0].at]
    return newest[0] if len(newest) == 1 else None


def _artifacts(
    revision: AtCommit, built: Mapping[str, str], rebuilt: set[str], known: Known
) -> dict[str, str]:
    """Return service -> image, running or to be started."""
    services = revision.source.services()
    running = [service for service in known.running if service in services]
    images = {}
    for service in (*running, *_started(revision, known)):
        id = known.images.id(revision.references.get(service, ""))
        if id and service not in rebuilt:
            images[service] = id
    return images | {service: id for service, id in built.items() if service in running}


def _candidate(
    revision: AtCommit, artifacts: Mapping[str, str], order: str, known: Known
) -> Candidate:
    commit, services = revision.commit, revision.source.services()
    absent = {
        service: revision.references.get(service) or "no image from that time is left"
        for service in known.moving
        if service in services and service not in artifacts
    }
    recorded = known.recorded.get(commit.id)
    at = recorded.deployed_at if recorded else None
    release = candidates.build(commit.id, artifacts, known.target, known.images, at)
    if recorded and not absent and _differs(recorded, artifacts, known):
        # its tag moved, so when it was deployed is unknown
        id, order = candidates.content_id(release.artifacts), ""
        release = replace(release, id=id, deployed_at=None)
    if reason := _why_gone(revision, absent):
        release = replace(release, skip="artifact-gone", skip_reason=reason)
    facts = Facts(
        source=revision.source,
        absent=absent,
        lacks=tuple(service for service in known.moving if service not in services),
        starts=tuple(service for service in _started(revision, known) if service in artifacts),
    )
    subject, made_at = clean(commit.subject), _utc(commit.at)
    release = replace(
        release, commit=commit.hash, description=subject, made_at=made_at, facts=facts
    )
    return Candidate(release, order)


def _differs(recorded: Release, artifacts: Mapping[str, str], known: Known) -> bool:
    """Whether the ledger recorded other images under this id: then those keep the id."""
    services = set(known.moving).intersection(details.facts(recorded).recorded)
    return any(artifacts.get(service) != recorded.artifacts.get(service) for service in services)


def _why_gone(revision: AtCommit, absent: Mapping[str, str]) -> str:
    """Return why nobody can roll back to a release, "" when it is complete."""
    if missing := revision.source.missing():
        names = ", ".join(Path(path).name for path in missing[:3])
        return clean(f"its compose files name {names}, which it does not have", 300)
    if not absent:
        return ""
    names = ", ".join(f"{service} {reference}" for service, reference in absent.items())
    has_name = any(":" in reference for reference in absent.values())
    pull = "; docker pull, where a registry has it" if has_name else ""
    return clean(f"not on this engine: {names}{pull}", 300)


def _utc(at: str) -> str:
    moment = datetime.fromisoformat(at.replace("Z", "+00:00")).astimezone(timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
