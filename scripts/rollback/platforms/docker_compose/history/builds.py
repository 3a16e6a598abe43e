"""Releases that only images remember: what was built here before, or pulled under a tag that has moved on since."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
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


class Build(Struct, frozen=True):
    """An image of a service; `at` is when it was built, UTC; `names` the version and the commit on its labels."""

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
    """Service -> its images, newest first: `labelled` as its builds, or of its repository but untagged."""
    own = _own(target, running, images, labelled)
    live = details.of(target).services.running
    known = _described(own, live, shell)
    by_service = {}
    for service, ids in _shared(own, running).items():
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
    """Moving service -> ids of images that were built for it, or have lost their tag."""
    untagged = {one.service: images.untagged(split(one.reference)[0]) for one in running}
    return {
        service: {*labelled.get(service, ()), *untagged.get(service, ())}
        for service in candidates.moving(target)
    }


def _described(
    own: Mapping[str, set[str]], live: Mapping[str, Sequence[str]], shell: Shell
) -> dict[str, Build]:
    """Id -> build, of all images and of what runs beside them."""
    beside = {id for service, ids in own.items() if ids for id in live[service]}
    wanted = sorted(beside.union(*own.values())) if beside else []
    return {facts["Id"]: _build(facts) for facts in _inspect(wanted, shell)}


def _shared(own: Mapping[str, set[str]], running: Sequence[Container]) -> dict[str, set[str]]:
    """Services that run one name share its builds: the last one built takes the name, for all of them."""
    references = {container.service: container.reference for container in running}

    def same_name(service: str) -> Iterator[set[str]]:
        wanted = references.get(service)
        return (ids for other, ids in own.items() if references.get(other) == wanted)

    return {service: set().union(*same_name(service)) for service in own}


def releases(by_service: Builds, target: Target, images: Images) -> list[Candidate]:
    """Return a release for each moment at which an image was built: every service with its newest image by then.

    Images of one service built at the same moment (builds that only changed metadata) have no
    order: each makes a guess.
    """
    moments = {build.at for group in by_service.values() for build in group}
    found = []
    for at in sorted(moments, reverse=True):
        tied = max(sum(build.at == at for build in group) for group in by_service.values())
        found += [_release(at, nth, by_service, target, images) for nth in range(tied)]
    return found


def _release(at: str, nth: int, by_service: Builds, target: Target, images: Images) -> Candidate:
    """The release of a moment; of images built just then each service takes the `nth`."""
    artifacts = candidates.live_images(target)
    for service, group in by_service.items():
        if build := _newest(group, at, nth):
            artifacts[service] = build.id
    release = candidates.build(candidates.content_id(artifacts), artifacts, target, images)
    built = f"{at[:19]}Z"
    release = replace(release, made_at=built, description="an image kept on this engine")
    if _is_ambiguous(by_service, at):
        release = replace(release, guess=True, doubt=_DOUBT)
    return Candidate(release, built)


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
    """Service -> images that Compose built for it: Compose labels them with project and service."""
    label = f"label=com.docker.compose.project={project.name}"
    listing = ("image", "ls", "--all", "--quiet", "--no-trunc", "--filter", label)
    ids = client.read(shell, *listing).split()
    found: dict[str, set[str]] = {}
    for facts in _inspect(sorted(set(ids)), shell):
        service = str(_labels(facts).get("com.docker.compose.service", ""))
        found.setdefault(service, set()).add(facts["Id"])
    return found


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
