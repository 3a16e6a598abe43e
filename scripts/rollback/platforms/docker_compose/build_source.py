"""Releases that only images remember: what was built here before, or pulled under a tag that has moved on since."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from rollback.model import Target
from rollback.platforms.docker_compose import candidates, engine
from rollback.platforms.docker_compose.candidates import Candidate
from rollback.platforms.docker_compose.containers import Container
from rollback.platforms.docker_compose.local_images import Images, split
from rollback.shell import Shell


class Made(Struct, frozen=True):
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


def made(
    target: Target, running: Sequence[Container], images: Images, shell: Shell
) -> dict[str, list[Made]]:
    """Service -> the images that were its own, newest first: with its build labels, or of its repository but untagged."""
    moving = candidates.moving(target)
    labelled = _labelled(target, shell)
    untagged = {
        container.service: images.untagged(split(container.reference)[0]) for container in running
    }
    own = {service: {*labelled.get(service, ()), *untagged.get(service, ())} for service in moving}
    live = {id for service in moving if own[service] for id in target.details["running"][service]}
    known = (
        {facts["Id"]: _made(facts) for facts in _inspect(sorted(live.union(*own.values())), shell)}
        if live
        else {}
    )
    found = {}
    for service, ids in _shared(own, running).items():
        if ids:
            group = [known[id] for id in {*ids, *target.details["running"][service]} if id in known]
            found[service] = sorted(group, key=lambda image: (image.at, image.id), reverse=True)
    return found


def _shared(own: Mapping[str, set[str]], running: Sequence[Container]) -> dict[str, set[str]]:
    """Services that run one name share its builds: the last one built takes the name, for all of them."""
    references = {container.service: container.reference for container in running}
    return {
        service: set().union(
            *(ids for other, ids in own.items() if references.get(other) == references.get(service))
        )
        for service in own
    }


def releases(
    by_service: Mapping[str, Sequence[Made]], target: Target, images: Images
) -> list[Candidate]:
    """One for each moment at which an image was made: every service with the newest image that it had by then.

    Images of one service made at the same moment (builds that only changed metadata) have no order: guesses, then.
    """
    found = []
    for at in sorted({image.at for group in by_service.values() for image in group}, reverse=True):
        for tied in range(
            max(len([image for image in group if image.at == at]) for group in by_service.values())
        ):
            artifacts, guess = candidates.now(target), False
            for service, group in by_service.items():
                same = [image for image in group if image.at == at]
                before = same[tied : tied + 1] or [image for image in group if image.at <= at][:1]
                if before:
                    artifacts[service] = before[0].id
                guess = (
                    guess
                    or len(same) > 1
                    or sum(group == other for other in by_service.values()) > 1
                )
            found.append(_release(at, artifacts, guess, target, images))
    return found


def _release(
    at: str, artifacts: Mapping[str, str], guess: bool, target: Target, images: Images
) -> Candidate:
    release = candidates.build(candidates.content_id(artifacts), artifacts, target, images)
    facts = {"guess": True} if guess else {}
    description = "an image kept on this engine"
    release = replace(release, made_at=f"{at[:19]}Z", description=description, facts=facts)
    return Candidate(release, f"{at[:19]}Z")


def _labelled(target: Target, shell: Shell) -> dict[str, set[str]]:
    """Service -> images that Compose built for it; it labels them with project and service."""
    label = f"label=com.docker.compose.project={target.details['project']}"
    ids = engine.read(
        shell, "image", "ls", "--all", "--quiet", "--no-trunc", "--filter", label
    ).split()
    found: dict[str, set[str]] = {}
    for facts in _inspect(sorted(set(ids)), shell):
        labels = (facts.get("Config") or {}).get("Labels") or {}
        found.setdefault(str(labels.get("com.docker.compose.service", "")), set()).add(facts["Id"])
    return found


def _made(facts: Mapping[str, Any]) -> Made:
    labels = (facts.get("Config") or {}).get("Labels") or {}
    named = (labels.get(f"org.opencontainers.image.{name}") for name in ("version", "revision"))
    return Made(
        facts["Id"], str(facts.get("Created") or ""), tuple(str(name) for name in named if name)
    )


def _inspect(ids: Sequence[str], shell: Shell) -> list[dict[str, Any]]:
    """An image that vanished in between is left out."""
    if not ids:
        return []
    answer = shell.ask(engine.docker("image", "inspect", *ids))
    try:
        found: list[dict[str, Any]] = json.loads(answer.stdout or "[]")
    except ValueError:
        return []
    return found
