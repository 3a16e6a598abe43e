"""Releases that git remembers: the images of each commit, as far as they are here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from rollback.model import Release, Target
from rollback.platforms.docker_compose import candidates, git_source, roles
from rollback.platforms.docker_compose.build_source import Made
from rollback.platforms.docker_compose.candidates import Candidate
from rollback.platforms.docker_compose.git_source import Remembered
from rollback.platforms.docker_compose.local_images import Images
from rollback.platforms.docker_compose.source import Source
from rollback.shell import Shell
from rollback.text import clean


class Known(Struct, frozen=True):
    """What is known already: `made` service -> images built here, `recorded` id -> what the ledger says of it."""

    target: Target
    today: Source
    images: Images
    made: Mapping[str, Sequence[Made]]
    recorded: Mapping[str, Release]

    @property
    def moving(self) -> list[str]:
        return candidates.moving(self.target)


def of(known: Known, shell: Shell) -> list[Candidate]:
    """In the order of commits, not of deployments: what was deployed again by hand would lead back to the release
    that it replaced.
    """
    history = git_source.commits(known.target.details, known.today, shell, known.images)
    remembered = git_source.remember(history, known.target.details, shell, known.images)
    ours = [one for one in remembered if _is_release(one, known)]
    rebuilt = _rebuilt(ours, known)
    found = []
    for rank, one in enumerate(ours):
        built = _built(one, ours[rank - 1] if rank else None, known.made)
        found.append(
            _candidate(
                one,
                _artifacts(one, built, rebuilt, known),
                f"{_utc(one.commit.at)} {len(ours) - rank:06}",
                known,
            )
        )
    return found


def _is_release(one: Remembered, known: Known) -> bool:
    """Does it say which images its services ran? A tagged commit counts even so: people will ask for it by name."""
    services = one.source.services()
    moving = [service for service in known.moving if service in services]
    named = all(service in one.references or service in known.made for service in moving)
    return bool(moving or _started(one, known)) and (bool(one.commit.tags) or named)


def _started(one: Remembered, known: Known) -> list[str]:
    """Services that this release had and today's files have not, neither jobs nor stores: they go back, too."""
    services = one.source.services()
    here = {*known.target.details["running"], *known.today.services()}
    return [
        service
        for service, reference in one.references.items()
        if service not in here
        and not roles.is_job(service, services)
        and not roles.is_store(service, reference)
    ]


def _rebuilt(ours: Sequence[Remembered], known: Known) -> set[str]:
    """Services that are built again and again under one name: the name leads to the newest build, not to a commit's."""
    found = set()
    for service, group in known.made.items():
        names = {one.references.get(service) for one in ours}
        built = any(one.source.services().get(service, {}).get("build") for one in ours)
        if built and len(names) == 1 and len(group) > 1:
            found.add(service)
    return found


def _built(
    one: Remembered, newer: Remembered | None, made: Mapping[str, Sequence[Made]]
) -> dict[str, str]:
    """Service -> its image of this commit: by the labels, else the last one built after it and before the next commit."""
    services, commit = one.source.services(), one.commit
    start, end = _utc(commit.at), _utc(newer.commit.at) if newer else "9999"
    found = {}
    for service, group in made.items():
        labelled = [image for image in group if image.belongs_to(commit.hash, commit.tags)]
        timed = [image for image in group if start <= f"{image.at[:19]}Z" < end]
        alone = {image.id for image in group if sum(image.at == other.at for other in group) == 1}
        fit = labelled or [image for image in timed if image.id in alone]
        if services.get(service, {}).get("build") and fit:
            found[service] = fit[0].id
    return found


def _artifacts(
    one: Remembered, built: Mapping[str, str], rebuilt: set[str], known: Known
) -> dict[str, str]:
    """Service -> image, of what runs and of what would be started."""
    services = one.source.services()
    here = [service for service in known.target.details["running"] if service in services]
    named = [service for service in (*here, *_started(one, known)) if service not in rebuilt]
    found = {
        service: id for service in named if (id := known.images.id(one.references.get(service, "")))
    }
    return found | {service: id for service, id in built.items() if service in here}


def _candidate(
    one: Remembered, artifacts: Mapping[str, str], order: str, known: Known
) -> Candidate:
    """What the ledger recorded under a commit's id, with other images, keeps that id."""
    commit, recorded, services = (
        one.commit,
        known.recorded.get(one.commit.id),
        one.source.services(),
    )
    ours = [service for service in known.moving if service in services]
    absent = {
        service: one.references.get(service) or "no image of that time is kept"
        for service in ours
        if service not in artifacts
    }
    at = recorded.deployed_at if recorded else None
    release = candidates.build(commit.id, artifacts, known.target, known.images, at)
    parts = [
        service for service in known.moving if recorded and service in recorded.facts["recorded"]
    ]
    if (
        recorded
        and not absent
        and any(artifacts.get(service) != recorded.artifacts.get(service) for service in parts)
    ):
        # its tag moved, so when is unknown
        release, order = (
            replace(release, id=candidates.content_id(release.artifacts), deployed_at=None),
            "",
        )
    if reason := _why_not(one, absent):
        release = replace(release, skip="artifact-gone", skip_reason=reason)
    facts = {
        "source": one.source,
        "absent": absent,
        "lacks": [service for service in known.moving if service not in services],
        "starts": [service for service in _started(one, known) if service in artifacts],
    }
    release = replace(
        release,
        commit=commit.hash,
        description=clean(commit.subject),
        made_at=_utc(commit.at),
        facts=facts,
    )
    return Candidate(release, order)


def _why_not(one: Remembered, absent: Mapping[str, str]) -> str:
    """Why a release cannot be had, "" when it can."""
    if missing := one.source.missing():
        names = ", ".join(Path(path).name for path in missing[:3])
        return clean(f"its compose files name {names}, which it does not have", 300)
    if not absent:
        return ""
    names = ", ".join(f"{service} {reference}" for service, reference in absent.items())
    by_name = any(":" in reference for reference in absent.values())
    return clean(
        f"not on this engine: {names}{'; docker pull, where a registry has it' if by_name else ''}",
        300,
    )


def _utc(at: str) -> str:
    return (
        datetime.fromisoformat(at.replace("Z", "+00:00"))
        .astimezone(timezone.utc)
        .strftime("%Y-%m-%dT%H:%M:%SZ")
    )
