"""Releases of a Heroku app in the published shape, and the move to the one that is chosen."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

from rollback.flow import choose, compose
from rollback.model import Move, Release, Target
from rollback.platforms import heroku
from rollback.platforms.heroku.client import Row
from rollback.platforms.heroku.details import Details
from rollback.platforms.heroku.releases import from_rows

CASES = json.loads((Path(__file__).parents[1] / "cases/platforms/heroku.json").read_text())
TARGET = Target(
    "production", "app", "heroku", "shop", "api.heroku.com/1", True,
    details=Details("https://api.heroku.com", "1", "shop"),
)  # fmt: skip


def row(text: str) -> Row:
    """A release as the API sends it, from "<version> <status> <current|-> <code|-> <description>"."""
    version, status, current, code, description = text.split(" ", 4)
    image = code.startswith("image:")
    sent: dict[str, Any] = {
        "id": f"id-{version}",
        "version": int(version),
        "status": status,
        "current": current == "current",
        "description": description,
        "created_at": f"2026-11-{10 + int(version):02}T09:00:00Z",
        "user": {"id": "1", "email": "ana@example.org"},
        "slug": None if image or code == "-" else {"id": code},
        "artifacts": [{"type": "oci-image", "id": code.removeprefix("image:")}] if image else [],
        "eligible_for_rollback": status == "succeeded" and code != "-",
    }
    without_nulls = {name: value for name, value in sent.items() if value is not None}
    return msgspec.convert(without_nulls, Row)


def read(case: Any) -> list[Release]:
    rows = [row(text) for text in case["rows"]]
    return from_rows(sorted(rows, key=lambda row: -row.version))


def chosen(known: list[Release], wanted: str = "previous") -> list[Move]:
    to = choose.choose(known, wanted).to
    assert to
    return compose.with_ids("app", heroku.moves(TARGET, choose.live(known), to))
