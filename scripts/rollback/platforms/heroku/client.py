"""Heroku's platform API: what is read of it, leniently."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import quote

from msgspec import Struct

from rollback import clock
from rollback.errors import Unreadable
from rollback.platforms._hosted import answers, login
from rollback.platforms._hosted.api import Api, Reply
from rollback.platforms._hosted.urls import host
from rollback.platforms._hosted.history import BELOW

VARIABLE = "HEROKU_API_KEY"
FIX = (
    "run `heroku login`; where that uses a keychain instead of ~/.netrc, also "
    'export HEROKU_API_KEY="$(heroku auth:token)"'
)
ACCEPT = {"Accept": "application/vnd.heroku+json; version=3"}
NEWEST = "version ..; max={}, order=desc"
APP, RELEASES, FORMATION = "app", "releases", "formation"  # answers that a plan keeps
DEAD_SECONDS = 24 * 3600
_PAGE = 200
_PAGES = 20  # of releases that came to nothing, above the one that serves
Decoded = TypeVar("Decoded")


def dead_since(created_at: str | None) -> bool:
    return created_at is not None and clock.seconds_since(created_at) > DEAD_SECONDS


class Reference(Struct, frozen=True):
    id: str = ""


class User(Struct, frozen=True):
    email: str = ""


class Row(Struct, frozen=True):
    """A release as the API has it; whatever may be missing has a default."""

    id: str
    version: int
    status: str = "succeeded"
    current: bool = False
    description: str = ""
    created_at: str | None = None
    user: User | None = None
    slug: Reference | None = None
    artifacts: tuple[Reference, ...] | None = None
    eligible_for_rollback: bool = True

    @property
    def dead(self) -> bool:
        """Whether it has not ended for so long that it never will: Heroku ends all in a day."""
        return self.status == "pending" and dead_since(self.created_at)

    @property
    def code(self) -> str:
        """Return the id of the slug, or of the images, one for each process type that has its own.

        "" where nothing was deployed yet.
        """
        if self.slug and self.slug.id:
            return self.slug.id
        return "+".join(sorted(row.id for row in self.artifacts or ()))


class Stack(Struct, frozen=True):
    name: str = ""


class App(Struct, frozen=True):
    id: str
    name: str
    maintenance: bool = False
    stack: Stack = Stack()


class Process(Struct, frozen=True):
    """A process type; its command is not read, it may hold a secret."""

    type: str
    quantity: int = 0
    size: str = ""


def connect(api: str) -> Api:
    """Return a reader. Raises Unreadable (token-missing, ...)."""
    return Api("Heroku", api, login.find(VARIABLE, host(api), FIX), FIX)


def of_app(app: str, path: str = "") -> str:
    return f"/apps/{quote(app, safe='')}{path}"


def get(api: Api, path: str, kind: type[Decoded]) -> Decoded:
    """Return an answer as this type. Raises Unreadable (bad-answer, and what the reader raises)."""
    return decoded(api, path, api.get(path, ACCEPT), kind)


class Answers(Struct, frozen=True):
    """`bodies` is path -> JSON, None for what is not there (404) or `closed` to this account (403).

    Roles of a team may see an app, and not all that belongs to it.
    """

    bodies: dict[str, Any]
    closed: frozenset[str]


def read(api: Api, paths: Sequence[str], ranges: Mapping[str, str]) -> Answers:
    """Return the answers of independent reads.

    `ranges`: path -> how many rows of a list, and in which order.
    """
    more = {path: {"Range": span} for path, span in ranges.items()}
    replies = dict(zip(paths, api.all(paths, ACCEPT, more), strict=True))
    for reply in replies.values():
        if isinstance(reply, Unreadable) and reply.code not in ("not-found", "forbidden"):
            raise reply
    bodies = {
        path: reply.body if isinstance(reply, Reply) else None for path, reply in replies.items()
    }
    closed = (
        path
        for path, reply in replies.items()
        if isinstance(reply, Unreadable) and reply.code == "forbidden"
    )
    return Answers(bodies, frozenset(closed))


def app(api: Api, name: str) -> App:
    return get(api, of_app(name), App)


def formation(api: Api, app: str) -> list[Process]:
    return get(api, of_app(app, "/formation"), list[Process])


def releases(api: Api, app: str, most: int) -> list[Row]:
    """Return the newest releases, newest first: at least `most`, and some below the current one.

    Raises Unreadable (no-current-release).
    """
    rows: list[Row] = []
    path, span = of_app(app, "/releases"), NEWEST.format(min(most, _PAGE))
    for _ in range(_PAGES):
        reply = api.get(path, {**ACCEPT, "Range": span})
        page = decoded(api, path, reply, list[Row])
        rows += page
        following = reply.headers.get("next-range", "")
        enough = len(rows) >= most and _below_current(rows) >= min(most - 1, BELOW)
        if enough or not page or reply.status != 206 or following in ("", span):
            return rows
        span = following
    if any(row.current for row in rows):
        return rows
    message = f"Heroku: none of the newest {len(rows)} releases of {app} is the current one"
    raise Unreadable("no-current-release", message, f"heroku releases --app {app}")


def _below_current(rows: Sequence[Row]) -> int:
    """Return how many releases below the current one were read."""
    at = next((at for at, row in enumerate(rows) if row.current), len(rows) - 1)
    return len(rows) - 1 - at


def decoded(api: Api, path: str, reply: Reply, kind: type[Decoded]) -> Decoded:
    return typed(api, path, reply.body, kind)


def typed(api: Api, path: str, body: Any, kind: type[Decoded]) -> Decoded:
    """Return JSON as this type. Raises Unreadable (bad-answer)."""
    return answers.typed(api, path, body, kind)
