"""What people and other programs hear about a run while it goes on."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Event = Literal["started", "done", "failed", "restored"]


class NoticeMove(Struct, frozen=True, rename={"from_": "from"}):
    """`now` is the release that serves after the run; None before, and where it is not known."""

    component: str
    target: str
    from_: str
    to: str
    now: str | None = None


class Notice(Struct, frozen=True):
    """One message. `outcome`, `exit` and `health` are those of the result; None at the start."""

    event: Event
    verb: Literal["execute", "restore"]
    at: str
    project: str
    environment: str
    protected: bool
    level: str
    run: str
    by: str
    reason: str
    moves: tuple[NoticeMove, ...] = ()
    outcome: str | None = None
    exit: int | None = None
    health: str | None = None
    message: str = ""  # the error that stopped the run
    open: tuple[str, ...] = ()
