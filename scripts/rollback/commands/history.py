"""The options of history.py, and its two answers: the releases, or what was recorded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from msgspec import Struct

from rollback import cli
from rollback.commands import present_history
from rollback.commands.answer import Answer
from rollback.errors import Usage
from rollback.flow import history, record, site
from rollback.settings import project

_OPTIONS = (
    click.argument("environment", required=False),
    cli.project_option,
    cli.app_option,
    cli.clear_cache_option,
    click.option(
        "--record",
        "recording",
        is_flag=True,
        help="Record the live release in the ledger; for deploy scripts.",
    ),
    click.option(
        "--verdict",
        type=click.Choice(["good", "failed"]),
        help="With --record. Default: the result of the health checks.",
    ),
    cli.json_option,
)


class Call(Struct, frozen=True):
    """The options of history.py."""

    environment: str | None
    project_dir: Path | None
    apps: tuple[str, ...]
    clear_cache: bool
    recording: bool
    verdict: str | None


def options(command: Callable[..., Any]) -> Callable[..., Any]:
    return cli.with_options(command, _OPTIONS)


def answer(call: Call) -> Answer:
    """Show or record history. Raises Usage (verdict-without-record) and what reading it raises."""
    if call.verdict and not call.recording:
        message = "--verdict needs --record: without it nothing is recorded"
        raise Usage("verdict-without-record", message, "add --record")
    location = site.find(project.find(call.project_dir), call.environment, call.clear_cache)
    return _record(location, call) if call.recording else _releases(location, call)


def _releases(location: site.Site, call: Call) -> Answer:
    facts = history.remembered(location, call.apps, call.clear_cache)
    command = cli.command("plan", location.environment.name)
    return Answer(facts, [*present_history.history_lines(facts), f"next: {command}"])


def _record(location: site.Site, call: Call) -> Answer:
    facts = record.record(location, call.apps, call.verdict)
    return Answer(facts, list(record.lines(facts)))
