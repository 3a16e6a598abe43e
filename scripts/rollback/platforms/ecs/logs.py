"""What the tasks of the services that move have logged to CloudWatch."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct

from rollback.aws.client import Client, connect
from rollback.errors import RollbackError, Unreadable
from rollback.model import Move
from rollback.platforms.ecs import copies, details
from rollback.shell import Shell
from rollback.text import clean

MOST_PAGES = 20  # of one stream of logs: a page is a megabyte, or 10,000 lines
_OTHER = "use a command check for them"


class Stream(Struct, frozen=True):
    """Where containers log to. Without `prefix`, all of the group."""

    group: str
    region: str
    prefix: str = ""


def logs(moves: Sequence[Move], seconds: int, shell: Shell) -> list[str]:
    """Return the lines of the last seconds. Raises Unreadable (logs-unreadable, ...)."""
    known = details.of(moves[0].target)
    client = connect(shell, known.profile, known.region)
    arns = [side.arn for move in moves for side in details.sides(move)]
    streams: dict[Stream, None] = {}
    for definition in copies.definitions(client, arns).values():
        if isinstance(definition, RollbackError):
            raise definition
        if definition:
            streams |= dict.fromkeys(of(definition.raw, client.region))
    if not streams:
        names = ", ".join(sorted({move.target.app for move in moves}))
        message = f"logs: {clean(names, 80)} does not log to CloudWatch (awslogs)"
        raise Unreadable("logs-unreadable", message, _OTHER)
    since = int((time.time() - seconds) * 1000)
    read = client.all(lambda stream: _lines(client, stream, since), list(streams))
    return [line for lines in read for line in lines]


def of(definition: dict[str, Any], region: str) -> Iterator[Stream]:
    """Yield where each container logs to; one with another log driver is left out."""
    for container in definition.get("containerDefinitions", ()):
        config = container.get("logConfiguration") or {}
        options = config.get("options") or {}
        if config.get("logDriver") == "awslogs" and (group := options.get("awslogs-group")):
            prefix = options.get("awslogs-stream-prefix")
            streams = f"{prefix}/{container.get('name', '')}/" if prefix else ""
            yield Stream(group, options.get("awslogs-region") or region, streams)


def _lines(client: Client, stream: Stream, since: int) -> list[str]:
    """Return what was logged; a rate of a part would be too low."""
    asked: dict[str, Any] = {"logGroupName": stream.group, "startTime": since}
    if stream.prefix:
        asked["logStreamNamePrefix"] = stream.prefix
    lines: list[str] = []
    for _ in range(MOST_PAGES):
        answer = client.at(stream.region).ask("logs", "filter_log_events", **asked)
        lines += [
            str(event.get("message", ""))
            for event in answer.get("events", ())
            if str(event.get("logStreamName", "")).startswith(stream.prefix)
        ]
        if not (following := answer.get("nextToken")):
            return lines
        asked["nextToken"] = following
    message = f"logs: {clean(stream.group, 100)}: more than {MOST_PAGES} pages of lines"
    raise Unreadable("logs-unreadable", message, _OTHER)
