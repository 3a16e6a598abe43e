"""Run the health checks of the settings that are commands: a query of Prometheus, a smoke test."""

from __future__ import annotations

import shlex
import time
from collections.abc import Sequence

from rollback.errors import RollbackError
from rollback.model import Check, Command, Verdict
from rollback.settings.model import HealthCheck
from rollback.shell import Shell, last_line
from rollback.text import clean

VERDICTS: dict[int, Verdict] = {0: "healthy", 1: "unhealthy"}  # anything else is unknown


def look(settings: Sequence[HealthCheck], phase: str, shell: Shell) -> list[Check]:
    """Return a check per entry, in order. The last line that a command prints is its detail."""
    if not settings:
        return []
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(8) as pool:
        try:
            return list(pool.map(lambda entry: _check(entry, phase, shell), settings))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            shell.end_alone()
            raise


def _check(entry: HealthCheck, phase: str, shell: Shell) -> Check:
    name = clean(shlex.join(entry.command), 80)
    check = Check(name, "unknown", "", phase, needed=True)
    for attempt in range(entry.attempts):
        time.sleep(min(0.5 * attempt, 2))
        verdict, detail = _once(entry, shell)
        check = Check(name, verdict, clean(detail), phase, needed=True)
        if verdict != "unhealthy":
            break
    return check


def _once(entry: HealthCheck, shell: Shell) -> tuple[Verdict, str]:
    try:
        answer = shell.ask_alone(Command(entry.command, entry.timeout))
    except RollbackError as error:
        return "unknown", error.message
    printed = answer.stdout if answer.stdout.strip() else answer.stderr
    detail = last_line(printed) if printed.strip() else ""
    verdict = VERDICTS.get(answer.status)
    if verdict is None:
        return "unknown", f"exit status {answer.status}{': ' if detail else ''}{detail}"
    return verdict, detail
