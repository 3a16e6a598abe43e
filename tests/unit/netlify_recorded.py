"""Deploys of a Netlify site in the published shape, and the move to the one that is chosen."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

from rollback.flow import choose, compose
from rollback.model import Move, Release, Target
from rollback.platforms import netlify
from rollback.platforms.netlify.client import Deploy, Site
from rollback.platforms.netlify.details import Details
from rollback.platforms.netlify.releases import from_rows

CASES = json.loads((Path(__file__).parents[1] / "cases/platforms/netlify.json").read_text())
API = "https://api.netlify.com"
TARGET = Target(
    "production", "app", "netlify", "shop", "api.netlify.com/1", True,
    details=Details(API, "1", "5f", "shop"),
)  # fmt: skip


def row(text: str, **more: Any) -> Deploy:
    """A deploy as the API sends it: "<id> <state> <context> <commit|-> <made> <published|-> <title>"."""
    id, state, context, commit, made, published, title = text.split(" ", 6)
    sent = {
        "id": id,
        "state": "error" if state == "skipped" else state,
        "skipped": state == "skipped",
        "context": context,
        "commit_ref": commit.removeprefix("-"),
        "title": title,
        "created_at": f"2026-11-29T{made}:00.000Z",
        "published_at": "" if published == "-" else f"2026-11-29T{published}:00.000Z",
    }
    return msgspec.convert({**sent, **more}, Deploy)


def read(case: Any, **live: Any) -> list[Release]:
    """The releases of a case; `live` are fields of the published deploy."""
    rows = [row(text, **(live if text.split()[0] == case["live"] else {})) for text in case["rows"]]
    published = next(it for it in rows if it.id == case["live"])
    return from_rows(Site("1", "shop", "5f", published_deploy=published), rows)


def chosen(known: list[Release], wanted: str = "previous") -> list[Move]:
    to = choose.choose(known, wanted).to
    assert to
    return compose.with_ids("app", netlify.moves(TARGET, choose.live(known), to))
