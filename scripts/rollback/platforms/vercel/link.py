"""The Vercel project that a folder is linked to: what `vercel link` writes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct

from rollback.platforms._hosted import links

_MOST_BYTES = 1024 * 1024
PROJECT = re.compile(r"[A-Za-z0-9._-]{1,100}")
_TEAM = re.compile(r"team_[A-Za-z0-9]{1,60}")
Kind = TypeVar("Kind")


class Link(Struct, frozen=True):
    """`team` is the id of a team, "" for a personal account; `name` is the project's, if known."""

    project: str
    team: str
    name: str = ""


class _File(Struct, frozen=True, rename="camel"):
    project_id: str = ""
    org_id: str = ""
    project_name: str = ""


class _Part(Struct, frozen=True, rename="camel"):
    id: str = ""
    org_id: str = ""


class _Repository(Struct, frozen=True, rename="camel"):
    org_id: str = ""
    projects: tuple[_Part, ...] = ()


def read(project: Path) -> Link | None:
    """Return the project of `.vercel/project.json`, else the only one of `.vercel/repo.json`.

    None where they, or links of packages below, name several: which of them is meant is not known.
    """
    known = _known(project)
    own = [row for row in known if row.folder == "."]
    return own[0].link if own and len({row.link.project for row in known}) == 1 else None


def team_of(project: Path, name: str) -> str | None:
    """Return the team that the links give a project, by its id or name; "" without a link.

    A project without a link of its own is of the team that all of them are of; None: they differ.
    """
    linked = [row.link for row in _known(project)]
    named = [link for link in linked if name in (link.project, link.name)]
    teams = {link.team for link in named or linked}
    return None if len(teams) > 1 else next(iter(teams), "")


def stated(project: Path) -> str:
    """Return what the folder is linked to, in words."""
    known = _known(project)
    if len({row.link.project for row in known}) > 1:
        listed = ", ".join(f"{row.folder} to {row.link.project}" for row in known)
        return f"its folders are linked to several projects: {listed}"
    if any(row.folder == "." for row in known):
        return "it is linked to what production serves"
    listed = ", ".join(f"its folder {row.folder} to {row.link.project}" for row in known)
    return f"only a folder of it is linked: {listed}" if known else "it is linked to none"


class _Known(Struct, frozen=True):
    """A link of the project's folder ("."), or of a package below it."""

    folder: str
    link: Link


def _known(project: Path) -> list[_Known]:
    files = links.files(project, ".vercel/project.json").items()
    rows = [_Known(folder, link) for folder, path in files if (link := _of_file(path))]
    listed = _of_repository(project)
    own = next((row.link for row in rows if row.folder == "."), None)
    if own and own.project in {link.project for link in listed}:
        return rows
    return [*(_Known(".", link) for link in listed), *rows]


def _of_file(path: Path) -> Link | None:
    file = _decoded(path, _File)
    if file is None or not PROJECT.fullmatch(file.project_id):
        return None
    name = file.project_name if PROJECT.fullmatch(file.project_name) else ""
    return Link(file.project_id, _team(file.org_id), name)


def _of_repository(project: Path) -> list[Link]:
    repository = _decoded(project / ".vercel/repo.json", _Repository) or _Repository()
    named = [row for row in repository.projects if PROJECT.fullmatch(row.id)]
    return [Link(row.id, _team(row.org_id or repository.org_id)) for row in named]


def _team(owner: str) -> str:
    return owner if _TEAM.fullmatch(owner) else ""


def _decoded(path: Path, kind: type[Kind]) -> Kind | None:
    """Return the file's content; None if it is missing, or half written."""
    try:
        with path.open("rb") as file:
            return msgspec.json.decode(file.read(_MOST_BYTES), type=kind)
    except (OSError, msgspec.MsgspecError):
        return None
