"""What preflight and snapshot need of a site besides its deploys: read once, side by side."""

from __future__ import annotations

from urllib.parse import quote

from msgspec import Struct

from rollback.model import Move
from rollback.platforms._hosted import memory
from rollback.platforms._hosted.answers import typed
from rollback.platforms.netlify import client, details
from rollback.platforms.netlify.client import moment
from rollback.shell import Shell


class Variable(Struct, frozen=True):
    """An environment variable without its value, which goes no further than the answer."""

    key: str = ""
    updated_at: str = ""


class Branch(Struct, frozen=True):
    branch: str = ""


class Split(Struct, frozen=True):
    active: bool = False
    branches: tuple[Branch, ...] = ()


class Hook(Struct, frozen=True):
    """A build hook without its address, which is a secret."""

    title: str = ""
    branch: str = ""


class Reading(Struct, frozen=True):
    """`variables` and `hooks` are None where this token may not see them.

    `split`: branches of a split test.
    """

    variables: tuple[Variable, ...] | None
    split: tuple[str, ...]
    hooks: tuple[Hook, ...] | None = None


def of(move: Move, shell: Shell) -> Reading:
    """Read the site of a move, or return what this plan has read of it. Raises Unreadable."""
    return memory.once(shell, "reading", move.id, lambda: _read(move))


def _read(move: Move) -> Reading:
    facts = details.of(move.target)
    api = client.connect(facts.api)
    variables = f"/accounts/{quote(facts.account, safe='')}/env?site_id={quote(facts.id, safe='')}"
    splits = client.of_site(facts.id, "/traffic_splits")
    hooks = client.of_site(facts.id, "/build_hooks")
    known, tests, listed = client.read(api, [variables, splits, hooks])
    rows = None if known is None else typed(api, variables, known, list[Variable])
    active = [row for row in typed(api, splits, tests or [], list[Split]) if row.active]
    return Reading(
        variables=None if rows is None else tuple(_dated(row) for row in rows if row.key),
        split=tuple(it.branch or "a branch" for row in active for it in row.branches),
        hooks=None if listed is None else tuple(typed(api, hooks, listed, list[Hook])),
    )


def _dated(row: Variable) -> Variable:
    return Variable(row.key, moment(row.updated_at))
