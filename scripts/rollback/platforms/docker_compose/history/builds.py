"""Releases known only from images: earlier builds, or pulls whose tag has moved on."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from rollback.model import Target
from rollback.platforms.docker_compose import details
from rollback.platforms.docker_compose.details import Details
from rollback.platforms.docker_compose.engine import client
from rollback.platforms.docker_compose.engine.containers import Container
from rollback.platforms.docker_compose.engine.images import Images, split
from rollback.platforms.docker_compose.history import candidates
from rollback.platforms.docker_compose.history.candidates import Candidate
from rollback.shell import Shell

_DOUBT = "images built at the same moment: which belongs to which release is not known"
_PERHAPS_HALF = "another service was built a while later, perhaps for the same release"
# seconds between two builds of different services: one deploy, perhaps one deploy, two deploys
_ONE_DEPLOY, _TWO_DEPLOYS = 600, 3600


class Build(Struct, frozen=True):
    """An image of a service; `at` is its build time (UTC); `names` are version and commit."""

    id: str
    at: str
    names: tuple[str, ...] = ()

    def belongs_to(self, commit: str, tags: Sequence[str]) -> bool:
        """Whether its labels name this commit or one of its tags."""
        versions = {*tags, *(tag.removeprefix("v") for tag in tags)}
        return any(
            name in versions or (len(name) >= 7 and commit.startswith(name)) for name in self.names
        )


Builds = Mapping[str, Sequence[Build]]  # by service, newest first


def read(
    target: Target,
    running: Sequence[Container],
    images: Images,
    labelled: Mapping[str, set[str]],
    shell: Shell,
) -> dict[str, list[Build]]:
    """Return service -> its images, newest first: its builds, or untagged ones."""
    image_ids = _own(target, running, images, labelled)
    live = details.of(target).services.running
    known = _described(image_ids, live, shell)
    by_service = {}
    for service, ids in _shared(image_ids, running).items():
        if ids:
            group = [known[id] for id in {*ids, *live[service]} if id in known]
            by_service[service] = sorted(
                group, key=lambda build: (build.at, build.id), reverse=True
            )
    return by_service


def _own(
    target: Target,
    running: Sequence[Container],
    images: Images,
    labelled: Mapping[str, set[str]],
) -> dict[str, set[str]]:
    """Return moving service -> ids of images built for it or without a tag."""
    untagged = {
        container.service: images.untagged(split(container.reference)[0]) for container in running
    }
    return {
        service: {*labelled.get(service, ()), *untagged.get(service, ())}
        for service in candidates.moving(target)
    }


def _described(
    image_ids: Mapping[str, set[str]], live: Mapping[str, Sequence[str]], shell: Shell
) -> dict[str, Build]:
    """Return id -> build, of all images and the running ones."""
    beside = {id for service, ids in image_ids.items() if ids for id in live[service]}
    wanted = sorted(beside.union(*image_ids.values())) if beside else []
    return {facts["Id"]: _build(facts) for facts in _inspect(wanted, shell)}


def _shared(image_ids: Mapping[str, set[str]], running: Sequence[Container]) -> dict[str, set[str]]:
    """Combine services that run one name: the last build takes the name for all."""
    references = {container.service: container.reference for container in running}

    def same_name(service: str) -> Iterator[set[str]]:
        wanted = references.get(service)
        return (ids for other, ids in image_ids.items() if references.get(other) == wanted)

    return {service: set().union(*same_name(service)) for service in image_ids}


def releases(
    by_service: Builds, target: Target, images: Images, commits: Sequence[str]
) -> list[Candidate]:
    """Return a release per deploy: every service with its newest image by then.

    A deploy builds its services one after the other. It has ended where one of them is built
    again, or a commit was made (`commits`: UTC times). Images of one service built at the same
    moment (builds that only changed metadata) have no order: each makes a guess.
    """
    found = []
    for at, doubt in _deploys(by_service, commits):
        tied = max(sum(build.at == at for build in group) for group in by_service.values())
        same = [_release(at, nth, by_service, target, images) for nth in range(tied)]
        found += [_doubted(candidate, doubt) if doubt else candidate for candidate in same]
    return found


def _deploys(by_service: Builds, commits: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the time of the last build of each deploy, newest first, with what speaks against it.

    A moment in the middle of a deploy is none: its images never ran together.
    """
    built: dict[str, set[str]] = {}
    for service, group in by_service.items():
        for build in group:
            built.setdefault(build.at, set()).add(service)
    found: list[tuple[str, str]] = []
    services: set[str] = set()
    moments = sorted(built)
    for at, following in zip(moments, [*moments, ""][1:], strict=True):
        services |= built[at]
        apart = _seconds(at, following) if following else _TWO_DEPLOYS
        again = bool(following) and services & built[following]
        if again or apart >= _TWO_DEPLOYS or _is_between(commits, at, following):
            found.append((at, ""))
            services = set()
        elif apart > _ONE_DEPLOY:
            found.append((at, _PERHAPS_HALF))
    yield from reversed(found)


def _is_between(commits: Sequence[str], at: str, following: str) -> bool:
    return any(f"{at[:19]}Z" < commit <= f"{following[:19]}Z" for commit in commits)


def _seconds(at: str, following: str) -> float:
    first, second = (datetime.fromisoformat(moment[:19]) for moment in (at, following))
    return (second - first).total_seconds()


def _release(at: str, nth: int, by_service: Builds, target: Target, images: Images) -> Candidate:
    """Return the release of a moment; of simultaneous builds each service takes the `nth`."""
    artifacts = candidates.live_images(target)
    for service, group in by_service.items():
        if build := _newest(group, at, nth):
            artifacts[service] = build.id
    release = candidates.build(candidates.content_id(artifacts), artifacts, target, images)
    built = f"{at[:19]}Z"
    release = replace(release, made_at=built, description="an image kept on this engine")
    candidate = Candidate(release, built)
    return _doubted(candidate, _DOUBT) if _is_ambiguous(by_service, at) else candidate


def _doubted(candidate: Candidate, doubt: str) -> Candidate:
    return replace(candidate, release=replace(candidate.release, guess=True, doubt=doubt))


def _newest(group: Sequence[Build], at: str, nth: int) -> Build | None:
    same = [build for build in group if build.at == at]
    if nth < len(same):
        return same[nth]
    return next((build for build in group if build.at <= at), None)


def _is_ambiguous(by_service: Builds, at: str) -> bool:
    """Whether a service has two images of this moment, or two services have the same images."""
    groups = list(by_service.values())
    tied = any(sum(build.at == at for build in group) > 1 for group in groups)
    return tied or any(groups.count(group) > 1 for group in groups)


def labelled(project: Details, shell: Shell) -> dict[str, set[str]]:
    """Return service -> images that Compose labelled as built for it."""
    label = f"label=com.docker.compose.project={project.name}"
    listing = ("image", "ls", "--all", "--quiet", "--no-trunc", "--filter", label)
    ids = client.read(shell, *listing).split()
    by_service: dict[str, set[str]] = {}
    for facts in _inspect(sorted(set(ids)), shell):
        service = str(_labels(facts).get("com.docker.compose.service", ""))
        by_service.setdefault(service, set()).add(facts["Id"])
    return by_service


def _build(facts: Mapping[str, Any]) -> Build:
    labels = _labels(facts)
    names = (labels.get(f"org.opencontainers.image.{key}") for key in ("version", "revision"))
    named = tuple(str(name) for name in names if name)
    return Build(facts["Id"], str(facts.get("Created") or ""), named)


def _labels(facts: Mapping[str, Any]) -> dict[str, Any]:
    return (facts.get("Config") or {}).get("Labels") or {}


def _inspect(ids: Sequence[str], shell: Shell) -> list[dict[str, Any]]:
    """Describe images; one that vanished in between is left out."""
    if not ids:
        return []
    answer = shell.ask(client.docker("image", "inspect", *ids))
    try:
        described: list[dict[str, Any]] = json.loads(answer.stdout or "[]")
    except ValueError:
        return []
    return described
