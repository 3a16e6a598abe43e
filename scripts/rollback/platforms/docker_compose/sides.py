"""The two sides of a move, "now" and "to": the files and the images that belong to each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from rollback.model import Move, Release
from rollback.platforms.docker_compose import details
from rollback.platforms.docker_compose.definition.source import Source

Side = Literal["now", "to"]


def release(move: Move, side: Side) -> Release:
    return move.current if side == "now" else move.to


def source(move: Move, side: Side) -> Source:
    """Return a side's files: its commit's, else those that started the live release."""
    live = details.facts(move.current).source
    assert live is not None, "the release list gives the live release its files"
    return live if side == "now" else details.facts(move.to).source or live


def images(moves: Sequence[Move], side: Side) -> dict[str, str]:
    """Return service -> image; "" for a service that this side does not have."""
    return {move.target.app: release(move, side).artifact or "" for move in moves}
