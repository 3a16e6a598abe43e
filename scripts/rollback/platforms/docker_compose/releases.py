"""What a project could go back to: the ledger, git, then local tags; each release is the images of the whole project."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec.structs import replace

from rollback.environment import Environment
from rollback.model import Release, Target
from rollback.platforms.docker_compose import (
    build_source,
    candidates,
    containers,
    files,
    git_source,
    ledger_source,
    roles,
    settled,
    tag_source,
)
from rollback.platforms.docker_compose.build_source import Made
from rollback.platforms.docker_compose.candidates import Candidate
from rollback.platforms.docker_compose.containers import Container
from rollback.platforms.docker_compose.local_images import Images, split
from rollback.platforms.docker_compose.source import Source
from rollback.shell import Shell
from rollback.text import clean


def releases(environment: Environment, targets: Sequence[Target], shell: Shell, limit: int) -> list[list[Release]]:
    return [_releases(environment, target, shell)[:limit] for target in targets]


def _releases(environment: Environment, target: Target, shell: Shell) -> list[Release]:
    details = target.details
    running, images, today = containers.of(shell, details["project"]), Images(shell), files.today(target.details)
    today.services()  # a file that cannot be read is said before anything is decided
    made = build_source.made(target, running, images, shell)
    found = ledger_source.recorded(environment.ledger, target, images)
    found += _from_git(target, today, shell, images, made, {one.release.id: one.release for one in found})
    found += _unknown(build_source.releases(made, target, images), found, target)
    found = _with_live(_without_doubles(found), target, running, images)
    found += tag_source.guesses(target, running, images, found)
    ordered = [one.release for one in sorted(_without_doubles(found), key=lambda one: one.order, reverse=True)]
    return settled.releases(ordered, target, today, running, shell)


def _unknown(found: Sequence[Candidate], known: Sequence[Candidate], target: Target) -> list[Candidate]:
    """Those with images that no other source names together."""
    contents = [candidates.content(one.release, target) for one in known if not one.release.skip]
    return [one for one in found if candidates.content(one.release, target) not in contents]


def _from_git(
    target: Target,
    today: Source,
    shell: Shell,
    images: Images,
    made: Mapping[str, Sequence[Made]],
    known: Mapping[str, Release],
) -> list[Candidate]:
    history = git_source.commits(target.details, today, shell, images)
    remembered = git_source.remember(history, target.details, shell, images)
    ours = [one for one in remembered if _is_release(one, target, today, made)]
    found = []
    for rank, one in enumerate(ours):
        # the order of commits, not of deployments: what was deployed again by hand would lead back to the release it replaced
        order = f"{_utc(one.commit.at)} {len(ours) - rank:06}"
        built = _built(one, ours[rank - 1] if rank else None, made)
        found.append(_from_commit(one, target, today, images, built, known, order))
    return found


def _is_release(
    one: git_source.Remembered, target: Target, today: Source, made: Mapping[str, Sequence[Made]]
) -> bool:
    """Does it say which images its services ran? A tagged commit counts even so: people will ask for it by name."""
    services = one.source.services()
    moving = [service for service in candidates.moving(target) if service in services]
    named = all(service in one.references or service in made for service in moving)
    return bool(moving or _started(one, target, today)) and (bool(one.commit.tags) or named)


def _started(one: git_source.Remembered, target: Target, today: Source) -> list[str]:
    """Services that this release had and today's files have not, neither jobs nor stores: they go back, too."""
    services = one.source.services()
    known = {*target.details["running"], *today.services()}
    return [
        service
        for service, reference in one.references.items()
        if service not in known and not roles.is_job(service, services) and not roles.is_store(service, reference)
    ]


def _built(
    one: git_source.Remembered, next_one: git_source.Remembered | None, made: Mapping[str, Sequence[Made]]
) -> dict[str, str]:
    """Service -> its image of this commit: by the labels, else the last one built after it and before the next commit."""
    services, commit = one.source.services(), one.commit
    start, end = _utc(commit.at), _utc(next_one.commit.at) if next_one else "9999"
    found = {}
    for service, group in made.items():
        labelled = [image for image in group if image.belongs_to(commit.hash, commit.tags)]
        timed = [image for image in group if start <= f"{image.at[:19]}Z" < end]
        alone = {image.id for image in group if sum(image.at == other.at for other in group) == 1}
        fit = labelled or [image for image in timed if image.id in alone]
        if services.get(service, {}).get("build") and fit:
            found[service] = fit[0].id
    return found


def _from_commit(
    one: git_source.Remembered,
    target: Target,
    today: Source,
    images: Images,
    built: Mapping[str, str],
    known: Mapping[str, Release],
    order: str,
) -> Candidate:
    """A commit's images as far as they are here. What the ledger recorded under its id, with other images, keeps that id."""
    commit, recorded = one.commit, known.get(one.commit.id)
    services, moving = one.source.services(), candidates.moving(target)
    there = [service for service in target.details["running"] if service in services]
    artifacts = {service: id for service in there if (id := images.id(one.references.get(service, "")))}
    artifacts |= {service: id for service, id in built.items() if service in there}
    starts = {service: id for service in _started(one, target, today) if (id := images.id(one.references.get(service, "")))}
    artifacts |= starts
    absent = {
        service: one.references.get(service) or "no image of that time is kept"
        for service in there
        if service in moving and service not in artifacts
    }
    release = candidates.build(commit.id, artifacts, target, images, recorded.deployed_at if recorded else None)
    if recorded and not absent and any(artifacts.get(service) != recorded.artifacts.get(service) for service in moving):
        # its tag moved, so when is unknown
        release, order = replace(release, id=candidates.content_id(release.artifacts), deployed_at=None), ""
    if absent:
        release = replace(release, skip="artifact-gone", skip_reason=_why_gone(absent))
    if missing := one.source.missing():
        names = ", ".join(Path(path).name for path in missing[:3])
        release = replace(release, skip="artifact-gone", skip_reason=clean(f"its compose files name {names}, which it does not have", 300))
    lacks = [service for service in moving if service not in services]
    facts = {"source": one.source, "absent": absent, "lacks": lacks, "starts": starts}
    release = replace(release, commit=commit.hash, description=clean(commit.subject), made_at=_utc(commit.at), facts=facts)
    return Candidate(release, order)


def _why_gone(absent: Mapping[str, str]) -> str:
    names = ", ".join(f"{service} {reference}" for service, reference in absent.items())
    by_name = any(":" in reference for reference in absent.values())
    return clean(f"not on this engine: {names}{'; docker pull, where a registry has it' if by_name else ''}", 300)


def _with_live(found: list[Candidate], target: Target, running: Sequence[Container], images: Images) -> list[Candidate]:
    """Mark what runs now: the newest candidate with these very images, else a release made from the containers."""
    moving = candidates.moving(target)
    since = max(one.created for one in running if one.service in moving or not moving)[:19] + "Z"
    same = [one for one in found if not one.release.skip and candidates.same(one.release, target)]
    whole = [one for one in same if not one.release.facts.get("lacks")]
    if not whole:
        order = _mixed_order(found, target) or since
        return [*found, Candidate(_as_it_runs(found, target, running, images, since), order)]
    live = max(whole, key=lambda one: one.order)
    marked = replace(live.release, status="live", deployed_at=since)
    return [Candidate(marked, one.order or since) if one is live else one for one in found]


def _mixed_order(found: Sequence[Candidate], target: Target) -> str:
    """Where services run images of several releases, the newest of these counts as live: what is older lies before it.

    "" where an image belongs to none of them. Sorting keeps equal orders as they are, so this stands right below it.
    """
    introduced = []
    for service, image in candidates.now(target).items():
        if service in candidates.moving(target):
            orders = [one.order for one in found if one.release.artifacts.get(service) == image]
            if not orders:
                return ""
            introduced.append(min(orders))
    return max(introduced, default="")


def _as_it_runs(found: Sequence[Candidate], target: Target, running: Sequence[Container], images: Images, since: str) -> Release:
    now = candidates.now(target)
    tag = _tag(running, target) or candidates.version(now, target, images)
    id = tag if tag and tag not in {one.release.id for one in found} else candidates.content_id(now)
    return Release(id=id, version=tag, status="live", deployed_at=since, artifact=candidates.short(now), artifacts=now)


def _tag(running: Sequence[Container], target: Target) -> str | None:
    """The tag that the moving services were started with, when all have the same."""
    found = {split(one.reference)[1] for one in running if one.service in candidates.moving(target)} - {"latest"}
    return found.pop() or None if len(found) == 1 else None


def _without_doubles(found: Sequence[Candidate]) -> list[Candidate]:
    """One release per id: git knows more about it (its files) than the ledger, which may know better when it was."""
    best: dict[str, Candidate] = {}
    for one in found:
        other = best.get(one.release.id)
        if other is None or one.release.commit:
            best[one.release.id] = Candidate(one.release, one.order or (other.order if other else ""))
    return list(best.values())


def _utc(at: str) -> str:
    from datetime import datetime, timezone

    return datetime.fromisoformat(at.replace("Z", "+00:00")).astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
