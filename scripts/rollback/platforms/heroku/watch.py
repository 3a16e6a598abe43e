"""Commands that show people how the app does from now on."""

from __future__ import annotations

from collections.abc import Iterator

from rollback.model import Target
from rollback.platforms.heroku import details


def watch(target: Target) -> Iterator[tuple[str, ...]]:
    app = details.of(target).app
    yield ("heroku", "ps", "--app", app)
    yield ("heroku", "logs", "--tail", "--app", app)
