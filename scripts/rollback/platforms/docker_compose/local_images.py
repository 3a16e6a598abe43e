"""The images that this engine holds: tag to id, and what else there is of the same repository."""

from __future__ import annotations

import json
from collections.abc import Iterable

from msgspec import Struct

from rollback.platforms.docker_compose import engine
from rollback.shell import Shell


class Image(Struct, frozen=True):
    repository: str
    tag: str
    id: str
    created: str


class Images:
    """One listing of the engine; lookups need no further call."""

    def __init__(self, shell: Shell) -> None:
        listed = engine.read(shell, "image", "ls", "--all", "--no-trunc", "--format", "{{json .}}")
        rows = [json.loads(line) for line in listed.splitlines() if line.strip()]
        self._all = [
            Image(row["Repository"], row["Tag"], row["ID"], row.get("CreatedAt", ""))
            for row in rows
        ]
        self._by_name = {f"{one.repository}:{one.tag}": one.id for one in self._all}
        self._digests = {
            f"{row['Repository']}@{row['Digest']}": row["ID"]
            for row in rows
            if row.get("Digest", "<none>") != "<none>"
        }
        self.ids = {one.id for one in self._all}
        self.names = {one.tag for one in self._all}

    def id(self, reference: str) -> str | None:
        """The id behind a tag, a digest or an id; None when it is not here."""
        if reference in self.ids:
            return reference
        short = _familiar(reference)
        if "@" in short:
            repository, _, digest = short.partition("@")
            return self._digests.get(f"{split(repository)[0]}@{digest}")
        repository, tag = split(short)
        return self._by_name.get(f"{repository}:{tag or 'latest'}")

    def tags(self, id: str) -> list[Image]:
        return [one for one in self._all if one.id == id and one.tag != "<none>"]

    def untagged(self, repository: str) -> set[str]:
        """Ids of a repository's images whose tag went to a newer one; the engine knows them by digest only."""
        familiar = _familiar(repository)
        tagged = {image.id for image in self._all if image.tag != "<none>"}
        return {
            image.id
            for image in self._all
            if image.repository == familiar and image.tag == "<none>"
        } - tagged

    def of(self, repository: str) -> list[Image]:
        """Tagged images of a repository."""
        familiar = _familiar(repository)
        return [one for one in self._all if one.repository == familiar and one.tag != "<none>"]


def split(reference: str) -> tuple[str, str]:
    """Repository and tag; the tag is "" for an id, a digest or none."""
    if reference.startswith("sha256:"):
        return "", ""
    name, at, _ = reference.partition("@")
    head, colon, tail = name.rpartition(":")
    if colon and "/" not in tail:
        return head, "" if at else tail
    return name, ""


def _familiar(reference: str) -> str:
    """As `docker image ls` writes it: Docker Hub's own names are left out."""
    for prefix in ("docker.io/library/", "index.docker.io/library/", "docker.io/", "library/"):
        if reference.startswith(prefix):
            return reference.removeprefix(prefix)
    return reference


def missing(shell: Shell, ids: Iterable[str]) -> set[str]:
    """Those ids the engine no longer has."""
    wanted = sorted(set(ids))
    answers = shell.ask_all(
        [engine.docker("image", "inspect", "--format", "{{.Id}}", id) for id in wanted]
    )
    return {
        id
        for id, answer in zip(wanted, answers, strict=True)
        if isinstance(answer, Exception) or answer.status
    }
