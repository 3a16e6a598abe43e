"""Vercel's REST API: what is read of it, leniently. Times are milliseconds since 1970."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import repeat
from typing import Any
from urllib.parse import quote

from msgspec import Struct

from rollback.errors import Unreadable
from rollback.platforms._hosted import answers, memory
from rollback.platforms._hosted.answers import Decoded
from rollback.platforms._hosted.api import Api, Reply
from rollback.platforms._hosted.history import BELOW
from rollback.platforms.vercel import login
from rollback.shell import Shell

_PAGE = 100
_MOST_PAGES = 5
READY = "READY"
# kinds of answers that a plan keeps: as `targets` and `releases` have read them last
PROJECT, DEPLOYMENTS = "project", "deployments"
STUCK_SECONDS = 600  # hundreds of domains take less; the client takes 3 minutes for the end


class Row(Struct, frozen=True, rename="camel"):
    """A deployment of the list; whatever may be missing has a default."""

    uid: str
    url: str = ""
    created: float = 0
    ready: float | None = None
    ready_state: str = ""
    ready_substate: str = ""
    is_rollback_candidate: bool | None = None
    alias_assigned: float | bool | None = None
    soft_deleted_by_retention: bool = False
    deleted: float | None = None
    error_message: str = ""
    meta: dict[str, Any] = {}
    creator: dict[str, Any] = {}

    @property
    def served(self) -> bool:
        """Whether it has seen production traffic."""
        return self.ready_state == READY and self.ready_substate == "PROMOTED"


class _Page(Struct, frozen=True):
    next: float | None = None


class _Deployments(Struct, frozen=True):
    deployments: tuple[Row, ...]
    pagination: _Page = _Page()


class Production(Struct, frozen=True, rename="camel"):
    id: str
    url: str = ""
    plan: str = ""
    created_at: float = 0
    ready_state: str = ""
    meta: dict[str, Any] = {}


class ProjectDomain(Struct, frozen=True, rename="camel"):
    domain: str
    target: str = ""
    git_branch: str = ""
    redirect: str = ""


class AliasRequest(Struct, frozen=True, rename="camel"):
    """The last rollback or promotion."""

    to_deployment_id: str
    from_deployment_id: str = ""
    job_status: str = ""
    requested_at: float = 0
    type: str = ""

    @property
    def unended(self) -> bool:
        return self.job_status in ("pending", "in-progress")

    @property
    def stuck(self) -> bool:
        """Whether Vercel has not ended it for so long that it never will."""
        age = time.time() - self.requested_at / 1000
        return self.unended and bool(self.requested_at) and age > STUCK_SECONDS

    @property
    def running(self) -> bool:
        return self.unended and not self.stuck


class Project(Struct, frozen=True, rename="camel"):
    id: str
    name: str
    account_id: str
    auto_assign_custom_domains: bool | None = None
    targets: dict[str, Production] = {}
    alias: tuple[ProjectDomain, ...] = ()
    last_alias_request: AliasRequest | None = None
    rolling_release: Any = None
    paused: bool = False

    @property
    def production(self) -> Production | None:
        return self.targets.get("production")

    @property
    def domains(self) -> tuple[str, ...]:
        """Return the production domains; those that only redirect serve nothing."""
        rows = (row for row in self.alias if row.target == "PRODUCTION")
        return tuple(sorted(row.domain for row in rows if not row.redirect and not row.git_branch))


class _Alias(Struct, frozen=True):
    alias: str


class _Aliases(Struct, frozen=True):
    aliases: tuple[_Alias, ...]


class _Assigned(Struct, frozen=True, rename="camel"):
    deployment_id: str = ""


def connect(api: str) -> Api:
    """Return a reader. Raises Unreadable (token-missing, ...)."""
    return Api("Vercel", api, login.find(api), login.FIX)


def of_project(project: str, path: str = "") -> str:
    return f"/v9/projects/{quote(project, safe='')}{path}"


def of_team(path: str, team: str) -> str:
    """Return the path with the team that it is asked for."""
    separator = "&" if "?" in path else "?"
    return f"{path}{separator}{team}" if team else path


def get(api: Api, path: str, team: str, kind: type[Decoded]) -> Decoded:
    """Return an answer as this type. Raises Unreadable (bad-answer, and what the reader raises)."""
    asked = of_team(path, team)
    return answers.typed(api, path, api.get(asked, {}).body, kind)


def project(api: Api, name: str, team: str) -> Project:
    return get(api, of_project(name), team, Project)


def known_project(api: Api, id: str, team: str, shell: Shell) -> Project:
    """Return the project as this plan has read it."""
    return memory.once(shell, PROJECT, id, lambda: project(api, id, team))


class Listed(Struct, frozen=True):
    """Production deployments; `skipped`: not all of those newer than the live one were read."""

    rows: list[Row]
    skipped: bool = False


def deployments(api: Api, team: str, project: str, most: int, live: Production | None) -> Listed:
    """Return the newest production deployments: at least `most`, and `most` from the live one on.

    Hundreds may be newer than the live one: built, and never promoted. Not all of them are read.
    """
    path = f"/v6/deployments?projectId={quote(project, safe='')}&target=production"
    path += f"&limit={min(most, _PAGE)}"
    rows, until = _pages(api, team, path, (most, live.id if live else ""))
    if until and live and live.created_at and not any(row.uid == live.id for row in rows):
        older, _ = _pages(api, team, f"{path}&until={live.created_at + 1:.0f}", (most, live.id))
        return Listed(_unique([*rows, *older]), skipped=True)
    return Listed(_unique(rows))


def _pages(
    api: Api, team: str, path: str, wanted: tuple[int, str]
) -> tuple[list[Row], float | None]:
    """Return rows until there are as many, some below that one; and where the rest begins."""
    rows: list[Row] = []
    (most, live), asked = wanted, path
    for _ in range(_MOST_PAGES):
        page = get(api, asked, team, _Deployments)
        rows += page.deployments
        until = page.pagination.next if page.deployments else None
        if until is None or (len(rows) >= most and _below(rows, live) >= min(most - 1, BELOW)):
            return rows, until
        asked = f"{path}&until={until:.0f}"
    return rows, until


def _below(rows: Sequence[Row], live: str) -> int:
    """Return how many rows below the live one there are; all of them where none is known."""
    if not live:
        return len(rows)
    at = next((at for at, row in enumerate(rows) if row.uid == live), len(rows) - 1)
    return len(rows) - 1 - at


def _unique(rows: Sequence[Row]) -> list[Row]:
    return list({row.uid: row for row in rows}.values())


def deployment(api: Api, team: str, id: str) -> Row:
    """Return a deployment that a production domain serves, although it may be a preview."""
    return row_of(get(api, f"/v13/deployments/{quote(id, safe='')}", team, Production))


def row_of(served: Production) -> Row:
    """Return a deployment that serves, as the list of deployments would have it."""
    return Row(
        uid=served.id,
        url=served.url,
        created=served.created_at,
        ready_state=served.ready_state,
        ready_substate="PROMOTED",
        meta=served.meta,
    )


def aliases(api: Api, team: str, deployment: str) -> set[str]:
    """Return the domains that a deployment serves now."""
    path = f"/v2/deployments/{quote(deployment, safe='')}/aliases"
    return {row.alias for row in get(api, path, team, _Aliases).aliases}


def assigned(api: Api, team: str, domains: Sequence[str]) -> dict[str, str]:
    """Return domain -> the id of the deployment that it serves, "" where none is assigned."""
    paths = [f"/v4/aliases/{quote(domain, safe='')}" for domain in domains]
    replies = api.all([of_team(path, team) for path in paths], {})
    ids = map(_assigned, repeat(api), paths, replies)
    return dict(zip(domains, ids, strict=True))


def _assigned(api: Api, path: str, reply: Reply | Unreadable) -> str:
    if isinstance(reply, Reply):
        return answers.typed(api, path, reply.body, _Assigned).deployment_id
    if reply.code != "not-found":
        raise reply
    return ""
