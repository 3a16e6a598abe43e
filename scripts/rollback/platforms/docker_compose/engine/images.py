"""The images that this engine holds: tag to id, and the other images of the same repository."""

from __future__ import annotations

import json
from collections.abc import Iterable

from msgspec import Struct

from rollback.platforms.docker_compose.engine import client
from rollback.shell import Shell

_NONE = "<none>"


class Image(Struct, frozen=True):
    repository: str
    tag: str
    id: str
    created: str

    @property
    def tagged(self) -> bool:
        return self.tag != _NONE


class Images:
    """One listing of the engine; lookups need no further call."""

    def __init__(self, shell: Shell) -> None:
        listing = client.read(shell, "image", "ls", "--all", "--no-trunc", "--format", "{{json .}}")
        rows = [json.loads(line) for line in listing.splitlines() if line.strip()]
        self._all = [
            Image(row["Repository"], row["Tag"], row["ID"], row.get("CreatedAt", ""))
            for row in rows
        ]
        self._by_name = {f"{image.repository}:{image.tag}": image.id for image in self._all}
        self._digests = {
            f"{row['Repository']}@{row['Digest']}": row["ID"]
            for row in rows
            if row.get("Digest", _NONE) != _NONE
        }
        self.ids = {image.id for image in self._all}
        self.names = {image.tag for image in self._all}

    def id(self, reference: str) -> str | None:
        """Return the id behind a tag, a digest or an id; None when the image is not here."""
        if reference in self.ids:
            return reference
        short = _familiar(reference)
        if "@" in short:
            repository, _, digest = short.partition("@")
            return self._digests.get(f"{split(repository)[0]}@{digest}")
        repository, tag = split(short)
        return self._by_name.get(f"{repository}:{tag or 'latest'}")

    def tags(self, id: str) -> list[Image]:
        return [image for image in self._all if image.id == id and image.tagged]

    def of(self, repository: str) -> list[Image]:
        """Return the tagged images of a repository."""
        familiar = _familiar(repository)
        return [image for image in self._all if image.repository == familiar and image.tagged]

    def untagged(self, repository: str) -> set[str]:
        """Return ids of a repository's images that lost their tag to a newer one."""
        familiar = _familiar(repository)
        of_repository = {image.id for image in self._all if image.repository == familiar}
        return of_repository - {image.id for image in self._all if image.tagged}


def split(reference: str) -> tuple[str, str]:
    """Return repository and tag; the tag is "" for an id, a digest or none."""
    if reference.startswith("sha256:"):
        return "", ""
    name, at, _ = reference.partition("@")
    head, colon, tail = name.rpartition(":")
    if colon and "/" not in tail:
        return head, "" if at else tail
    return name, ""


def missing(shell: Shell, ids: Iterable[str]) -> set[str]:
    """Return those ids that the engine no longer has."""
    wanted = sorted(set(ids))
    answers = shell.ask_all(
        [client.docker("image", "inspect", "--format", "{{.Id}}", id) for id in wanted]
    )
    return {
        id
        for id, answer in zip(wanted, answers, strict=True)
        if isinstance(answer, Exception) or answer.status
    }


def _familiar(reference: str) -> str:
    """Write a reference as `docker image ls` does: without Docker Hub's own names."""
    for prefix in ("docker.io/library/", "index.docker.io/library/", "docker.io/", "library/"):
        if reference.startswith(prefix):
            return reference.removeprefix(prefix)
    return reference
