"""What preflight reads of a site besides its deploys, side by side."""

from __future__ import annotations

from urllib.parse import quote

from msgspec import Struct

from rollback.model import Move
from rollback.platforms._hosted.answers import typed
from rollback.platforms.netlify import client, details
from rollback.platforms.netlify.client import moment


class Variable(Struct, frozen=True):
    """An environment variable without its value, which goes no further than the answer."""

    key: str = ""
    updated_at: str = ""


class Branch(Struct, frozen=True):
    branch: str = ""


class Split(Struct, frozen=True):
    active: bool = False
    branches: tuple[Branch, ...] = ()


class Reading(Struct, frozen=True):
    """`variables` is None where this token may not see them; `split`: branches of a split test."""

    variables: tuple[Variable, ...] | None
    split: tuple[str, ...]


def of(move: Move) -> Reading:
    """Read the site of a move. Raises Unreadable."""
    facts = details.of(move.target)
    api = client.connect(facts.api)
    variables = f"/accounts/{quote(facts.account, safe='')}/env?site_id={quote(facts.id, safe='')}"
    splits = client.of_site(facts.id, "/traffic_splits")
    known, tests = client.read(api, [variables, splits])
    rows = None if known is None else typed(api, variables, known, list[Variable])
    active = [row for row in typed(api, splits, tests or [], list[Split]) if row.active]
    return Reading(
        variables=None if rows is None else tuple(_dated(row) for row in rows if row.key),
        split=tuple(it.branch or "a branch" for row in active for it in row.branches),
    )


def _dated(row: Variable) -> Variable:
    return Variable(row.key, moment(row.updated_at))
