"""The Vercel project that a folder is linked to: what `vercel link` writes."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct

_MOST_BYTES = 1024 * 1024
Kind = TypeVar("Kind")


class Link(Struct, frozen=True):
    """`team` is the id of a team, "" for a personal account."""

    project: str
    team: str


class _File(Struct, frozen=True, rename="camel"):
    project_id: str = ""
    org_id: str = ""


class _Part(Struct, frozen=True):
    id: str = ""


class _Repository(Struct, frozen=True, rename="camel"):
    org_id: str = ""
    projects: tuple[_Part, ...] = ()


def read(project: Path) -> Link | None:
    """Return the project of `.vercel/project.json`, else the only one of `.vercel/repo.json`."""
    file = _decoded(project / ".vercel/project.json", _File)
    if file and file.project_id:
        return Link(file.project_id, _team(file.org_id))
    repository = _decoded(project / ".vercel/repo.json", _Repository)
    if repository and len(repository.projects) == 1 and repository.projects[0].id:
        return Link(repository.projects[0].id, _team(repository.org_id))
    return None


def _team(owner: str) -> str:
    return owner if owner.startswith("team_") else ""


def _decoded(path: Path, kind: type[Kind]) -> Kind | None:
    """Return the file's content; None if it is missing, or half written."""
    try:
        with path.open("rb") as file:
            return msgspec.json.decode(file.read(_MOST_BYTES), type=kind)
    except (OSError, msgspec.MsgspecError):
        return None
