"""What an app has logged, its router included: Heroku keeps the newest 1,500 lines for a week.

A session is made for it, which reads and changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from rollback import clock
from rollback.errors import Unreadable
from rollback.model import Move
from rollback.platforms._hosted.api import Api
from rollback.platforms.heroku import client, details
from rollback.shell import Shell

MOST_LINES = 1500  # that Heroku gives out


class Session(Struct, frozen=True):
    """`logplex_url` is asked without a token: whoever knows it may read for five minutes."""

    logplex_url: str


def logs(moves: Sequence[Move], seconds: int, shell: Shell) -> list[str]:
    """Return the lines of the last seconds. Raises Unreadable (logs-unreadable, ...)."""
    lines: list[str] = []
    for target in {move.target.app: move.target for move in moves}.values():
        known = details.of(target)
        lines += _of_app(client.connect(known.api), known.app, seconds)
    return lines


def _of_app(api: Api, app: str, seconds: int) -> list[str]:
    path = client.of_app(app, "/log-sessions")
    wanted = {"lines": MOST_LINES, "tail": False}
    session = client.typed(api, path, api.ask(path, client.ACCEPT, wanted).body, Session)
    every = api.text(session.logplex_url).splitlines()
    recent = [line for line in every if _age(line) <= seconds]
    if len(every) >= MOST_LINES and len(recent) == len(every):
        message = f"logs: {app} logged more than {MOST_LINES:,} lines in {seconds} s"
        raise Unreadable("logs-unreadable", message, "use a command check with your log drain")
    return recent


def _age(line: str) -> float:
    """Return seconds since the time that a line begins with; 0 where it has none."""
    try:
        return clock.seconds_since(line.partition(" ")[0])
    except (ValueError, TypeError):  # no time, or one without its zone
        return 0.0
