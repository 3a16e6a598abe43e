"""Netlify's API: what is read of it, leniently."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote

import msgspec
from msgspec import Struct

from rollback.errors import Unreadable
from rollback.platforms._hosted.answers import Decoded, typed
from rollback.platforms._hosted.api import Api, Reply
from rollback.platforms._hosted.history import BELOW
from rollback.platforms.netlify import login

ACCEPT = {"Accept": "application/json"}
SITE, PAGE = "site", "page"  # answers that a plan keeps
PER_PAGE = 100
PAGES = 10  # a site with many previews has few production deploys on a page
_NEXT = re.compile(r"<[^>]*>\s*;\s*rel=\"?next\b")
_LAST = re.compile(r"<[^>]*[?&]page=(\d{1,6})\b[^>]*>\s*;\s*rel=\"?last\b")


def moment(text: str) -> str:
    """Return a time of the API in UTC and of one length, "" for what is none."""
    try:
        when = datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(timezone.utc)
    except ValueError:
        return ""
    return f"{when:%Y-%m-%dT%H:%M:%S}.{when.microsecond // 1000:03}Z"


class Schedule(Struct, frozen=True):
    name: str = ""
    cron: str = ""


class Deploy(Struct, frozen=True):
    """A deploy as the API has it; whatever may be missing has a default.

    Times are of one length, to be compared as text: 2026-11-29T22:50:01.250Z, or "".
    """

    id: str = ""
    site_id: str = ""
    state: str = ""
    context: str = ""
    branch: str = ""
    commit_ref: str = ""
    title: str = ""
    created_at: str = ""
    published_at: str = ""
    error_message: str = ""
    deploy_url: str = ""
    deploy_ssl_url: str = ""
    locked: bool = False
    skipped: bool = False
    draft: bool = False
    function_schedules: tuple[Schedule, ...] = ()

    def __post_init__(self) -> None:
        for name in ("created_at", "published_at"):
            msgspec.structs.force_setattr(self, name, moment(getattr(self, name)))

    @property
    def url(self) -> str:
        """Return the address that only this deploy answers."""
        return self.deploy_ssl_url or self.deploy_url


class BuildSettings(Struct, frozen=True):
    stop_builds: bool = False
    repo_branch: str = ""


class Site(Struct, frozen=True):
    id: str
    name: str = ""
    account_id: str = ""
    account_name: str = ""
    url: str = ""
    ssl_url: str = ""
    custom_domain: str = ""
    domain_aliases: tuple[str, ...] = ()
    published_deploy: Deploy = Deploy()
    build_settings: BuildSettings = BuildSettings()

    @property
    def address(self) -> str:
        return self.ssl_url or self.url


def connect(api: str) -> Api:
    """Return a reader. Raises Unreadable (token-missing, ...)."""
    return Api("Netlify", f"{api}/api/v1", login.find(api), login.FIX)


def of_site(site: str, path: str = "") -> str:
    return f"/sites/{quote(site, safe='')}{path}"


def site(api: Api, id: str) -> Site:
    """Return a site by its id or one of its domains. Raises Unreadable (not-found, ...)."""
    return get(api, of_site(id), Site)


def get(api: Api, path: str, kind: type[Decoded]) -> Decoded:
    return typed(api, path, api.get(path, ACCEPT).body, kind)


def read(api: Api, paths: Sequence[str]) -> list[Any]:
    """Return the JSON of independent reads; None for what is not there, or not for this account."""
    replies = api.all(paths, ACCEPT)
    for reply in replies:
        if isinstance(reply, Unreadable) and reply.code not in ("not-found", "forbidden"):
            raise reply
    return [reply.body if isinstance(reply, Reply) else None for reply in replies]


class Listed(Struct, frozen=True):
    """The newest deploys, newest first; `whole`: there are no others, or enough of production."""

    rows: tuple[Deploy, ...]
    whole: bool


def deploys(api: Api, site: str, most: int, live: Deploy) -> Listed:
    """Return the newest deploys, or ten pages: until `most` are of production, some below `live`.

    A locked site may have any number of newer ones that were never published.
    """
    rows: dict[str, Deploy] = {}
    whole, pages, last = False, range(1, 2), 1
    while pages and not whole:
        paths = [of_site(site, f"/deploys?page={page}&per_page={PER_PAGE}") for page in pages]
        for path, reply in zip(paths, _all(api, paths), strict=True):
            listed = typed(api, path, reply.body, list[Deploy])
            # a deploy made meanwhile shifts the pages: the same row comes twice
            rows.update((row.id, row) for row in listed if row.id)
            whole = whole or _enough(rows.values(), most, live) or not _more(reply, listed)
            last = _last(reply) or pages.stop
        pages = range(pages.stop, min(last, PAGES, pages.stop + 2 * len(pages) - 1) + 1)
    ordered = sorted(rows.values(), key=lambda row: row.created_at, reverse=True)
    return Listed(tuple(ordered), whole)


def _enough(rows: Iterable[Deploy], most: int, live: Deploy) -> bool:
    production = [row for row in rows if row.context == "production"]
    older = sum(row.created_at < live.created_at for row in production)
    return len(production) >= most and (older >= min(most - 1, BELOW) or not live.id)


def _all(api: Api, paths: Sequence[str]) -> list[Reply]:
    """Read pages side by side. Raises what the first raises."""
    replies = api.all(paths, ACCEPT)
    for reply in replies:
        if isinstance(reply, Unreadable):
            raise reply
    return [reply for reply in replies if isinstance(reply, Reply)]


def _more(reply: Reply, listed: Sequence[Deploy]) -> bool:
    """Whether there is a next page. Its address is not followed: it may be anybody's."""
    link = reply.headers.get("link", "")
    return bool(listed) and (bool(_NEXT.search(link)) if link else len(listed) >= PER_PAGE)


def _last(reply: Reply) -> int | None:
    """Return the number of the last page, where the answer tells it."""
    match = _LAST.search(reply.headers.get("link", ""))
    return int(match[1]) if match else None
