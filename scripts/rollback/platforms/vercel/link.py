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


class _Part(Struct, frozen=True, rename="camel"):
    id: str = ""
    org_id: str = ""


class _Repository(Struct, frozen=True, rename="camel"):
    org_id: str = ""
    projects: tuple[_Part, ...] = ()


def read(project: Path) -> Link | None:
    """Return the project of `.vercel/project.json`, else the only one of `.vercel/repo.json`.

    None where both name projects, and not the same: one of them is left from an earlier link.
    """
    known = _known(project)
    return known[0] if len(known) == 1 else None


def stated(project: Path) -> str:
    """Return what the folder is linked to, in words."""
    known = _known(project)
    if len(known) > 1:
        return f"it is linked to several projects: {', '.join(row.project for row in known)}"
    return "it is linked to what production serves" if known else "it is linked to none"


def _known(project: Path) -> list[Link]:
    file = _decoded(project / ".vercel/project.json", _File)
    repository = _decoded(project / ".vercel/repo.json", _Repository) or _Repository()
    own = [Link(file.project_id, _team(file.org_id))] if file and file.project_id else []
    named = [row for row in repository.projects if row.id]
    rows = [Link(row.id, _team(row.org_id or repository.org_id)) for row in named]
    if own and own[0].project in {row.project for row in rows}:
        return own
    return [*own, *rows]


def _team(owner: str) -> str:
    return owner if owner.startswith("team_") else ""


def _decoded(path: Path, kind: type[Kind]) -> Kind | None:
    """Return the file's content; None if it is missing, or half written."""
    try:
        with path.open("rb") as file:
            return msgspec.json.decode(file.read(_MOST_BYTES), type=kind)
    except (OSError, msgspec.MsgspecError):
        return None
