"""Environment variables: by name and time of change. A build has those of its time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

from msgspec import Struct

from rollback.errors import Unreadable
from rollback.model import ConfigChange, Move, Release
from rollback.platforms._hosted.api import Api
from rollback.platforms.vercel import client
from rollback.platforms.vercel.client import Row
from rollback.platforms.vercel.details import Details, Domain
from rollback.shell import Shell


class Variable(Struct, frozen=True, rename="camel"):
    """An environment variable; its value is not read."""

    key: str
    updated_at: float = 0
    target: Any = ()

    @property
    def in_production(self) -> bool:
        return "production" in (self.target or ())


class _Page(Struct, frozen=True):
    next: float | None = None


class Variables(Struct, frozen=True, rename="camel"):
    """The API hides those of production from a person without the right to see them."""

    envs: tuple[Variable, ...]
    hidden_production_env_count: int = 0
    pagination: _Page = _Page()

    @property
    def whole(self) -> bool:
        return not self.hidden_production_env_count and self.pagination.next is None


def path(project: str) -> str:
    return f"/v10/projects/{quote(project, safe='')}/env"


def changes(
    api: Api, known: Details, rows: Sequence[Row], domains: Sequence[Domain]
) -> tuple[float, ...]:
    """Return when variables of production changed, if that tells builds of the live commit apart.

    A commit is built again to take up a variable, or for nothing: only these times tell which.
    """
    serving = {known.production, *(row.deployment for row in domains)}
    commits = {commit(row) for row in rows if row.uid in serving} - {""}
    if sum(row.served and commit(row) in commits for row in rows) <= len(serving):
        return ()
    try:
        read = client.get(api, path(known.project), known.team, Variables)
    except Unreadable as error:
        if error.code not in ("not-found", "forbidden"):
            raise
        return ()
    return tuple(row.updated_at for row in read.envs if row.in_production)


def content(release: Release, row: Row, changes: Sequence[float]) -> str | None:
    """Return what a build serves: its content, and the last change of variables before it."""
    before = [at for at in changes if at <= row.created]
    return f"{release.serves} {max(before):.0f}" if before else release.serves


def commit(row: Row) -> str:
    """Return the full commit that a build is of, "" where it is not known."""
    names = ("githubCommitSha", "gitCommitSha", "gitlabCommitSha", "bitbucketCommitSha")
    return next((str(row.meta[name]) for name in names if row.meta.get(name)), "")


def config(moves: Sequence[Move], shell: Shell) -> Iterator[ConfigChange]:
    """Yield the variables changed since the target's build, which has its own."""
    from rollback.platforms.vercel import readings  # it reads the variables through this module

    for move in moves:
        reading = readings.of(move, shell)
        made = reading.goal.created_at if reading.goal else 0
        for key in dict.fromkeys(row.key for row in _changed(reading.variables or (), made)):
            yield ConfigChange(key, "changed", True)


def _changed(rows: Sequence[Variable], made: float) -> Iterator[Variable]:
    return (row for row in rows if made and row.in_production and row.updated_at > made)
