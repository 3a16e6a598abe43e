"""What a project could go back to: the ledger, git, then local tags; each release is the images of the whole project."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec.structs import replace

from rollback.environment import Environment
from rollback.model import Release, Target
from rollback.platforms.docker_compose import candidates, containers, git_source, ledger_source, settled, tag_source
from rollback.platforms.docker_compose.candidates import Candidate
from rollback.platforms.docker_compose.containers import Container
from rollback.platforms.docker_compose.local_images import Images, split
from rollback.shell import Shell
from rollback.text import clean


def releases(environment: Environment, targets: Sequence[Target], shell: Shell, limit: int) -> list[list[Release]]:
    return [_releases(environment, target, shell)[:limit] for target in targets]


def _releases(environment: Environment, target: Target, shell: Shell) -> list[Release]:
    running, images = containers.of(shell, target.details["project"]), Images(shell)
    found = ledger_source.recorded(environment.ledger, target, images)
    found += _from_git(target, shell, images, {one.release.id: one.release for one in found})
    found = _with_live(_without_doubles(found), target, running, images)
    found += tag_source.guesses(target, running, images, found)
    ordered = [one.release for one in sorted(found, key=lambda one: one.order, reverse=True)]
    return settled.releases(ordered, target, running, shell)


def _from_git(target: Target, shell: Shell, images: Images, known: Mapping[str, Release]) -> list[Candidate]:
    folder, files = Path(target.details["directory"]), target.details["files"]
    history = git_source.commits(folder, files, shell, images)
    remembered = git_source.remember(history, folder, files, shell, images)
    ours = [one for one in remembered if _is_release(one, target)]
    # the order of commits, not of deployments: what was deployed again by hand would lead back to the release it replaced
    return [_from_commit(one, target, images, known, f"{_utc(one.commit.at)} {len(ours) - rank:06}") for rank, one in enumerate(ours)]


def _is_release(one: git_source.Remembered, target: Target) -> bool:
    """Does it say which images its services ran? A tagged commit counts even so: people will ask for it by name."""
    moving = [service for service in candidates.moving(target) if service in one.source.services()]
    return bool(moving) and (bool(one.commit.tags) or all(service in one.references for service in moving))


def _from_commit(one: git_source.Remembered, target: Target, images: Images, known: Mapping[str, Release], order: str) -> Candidate:
    """A commit's images as far as they are here. What the ledger recorded under its id, with other images, keeps that id."""
    commit, recorded = one.commit, known.get(one.commit.id)
    there = [service for service in target.details["running"] if service in one.source.services()]
    artifacts = {service: id for service in there if (id := images.id(one.references.get(service, "")))}
    lacking = [service for service in there if service in candidates.moving(target) and service not in artifacts]
    absent = {service: one.references.get(service) or "no image kept" for service in lacking}
    release = candidates.build(commit.id, artifacts, target, images, recorded.deployed_at if recorded else None)
    if recorded and not absent and any(artifacts.get(service) != recorded.artifacts[service] for service in candidates.moving(target)):
        release, order = replace(release, id=candidates.content_id(release.artifacts), deployed_at=None), ""  # its tag moved, so when is unknown
    if absent:
        names = ", ".join(f"{service} {reference}" for service, reference in absent.items())
        release = replace(release, skip="artifact-gone", skip_reason=clean(f"not on this engine: {names}; docker pull, where a registry has it", 300))
    source = None if one.source.needs_neighbours() else one.source
    release = replace(release, commit=commit.hash, description=clean(commit.subject), facts={"source": source, "absent": absent})
    return Candidate(release, order)


def _with_live(found: list[Candidate], target: Target, running: Sequence[Container], images: Images) -> list[Candidate]:
    """Mark what runs now: the newest candidate with these very images, else a release made from the containers."""
    since = max(one.created for one in running if one.service in candidates.moving(target) or not candidates.moving(target))[:19] + "Z"
    same = [one for one in found if not one.release.skip and candidates.same(one.release, target)]
    if not same:
        return [*found, Candidate(_as_it_runs(found, target, running, images, since), since)]
    live = max(same, key=lambda one: one.order)
    marked = replace(live.release, status="live", deployed_at=since)
    return [Candidate(marked, one.order or since) if one is live else one for one in found]


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
