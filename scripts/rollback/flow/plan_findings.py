"""What speaks for and against a plan, apart from its adapters: health now, what stays undone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rollback.contracts import no_logs
from rollback.flow import notices
from rollback.model import Finding, HealthReport, Plan, changes_databases

if TYPE_CHECKING:
    from rollback.flow.plan import Request
    from rollback.flow.site import Site, Source
    from rollback.settings.environment import Environment

_REASONS = 3  # why a check could not run


def about_health(report: HealthReport) -> Iterator[Finding]:
    if report.verdict == "healthy":
        message = "every health check passes right now: is this rollback needed?"
        yield Finding("warning", "healthy-now", message)
    elif report.verdict == "unknown":
        reasons = [f"{check.name}: {check.detail}" for check in report.checks if check.detail]
        why = f" ({'; '.join(reasons[:_REASONS])})" if reasons else ""
        message = (
            f"no health check could run{why}: the result can be proven by read-back only (exit 11)"
        )
        yield Finding("note", "health-unknown", message, "add health urls to the settings")


def irreversible(plan: Plan, wanted: str) -> Iterator[Finding]:
    """Report irreversible steps unless a person named the target release."""
    final = [step.title for step in plan.steps if step.irreversible]
    if final and wanted == "previous":
        message = f"restore.sh cannot undo this: {'; '.join(final[:3])}"
        fix = "to do it anyway, name the target release: plan.py ENVIRONMENT RELEASE"
        yield Finding("blocker", "irreversible", message, fix)


def about_request(site: Site, request: Request) -> Iterator[Finding]:
    """Report requests that this version or platform does not support."""
    yield from _without_databases(request)
    for source in site.sources:
        yield from _unsupported_options(source, request.options)
    if site.environment.protected and not request.reason:
        message = "no --reason given for a protected environment"
        yield Finding("warning", "no-reason", message)
    yield from notices.findings(site.environment)
    yield from _unread_logs(site)


def _unsupported_options(source: Source, options: Sequence[str]) -> Iterator[Finding]:
    """Report options that the platform would ignore: a broken promise in an incident."""
    for option in options:
        if option not in source.platform.OPTIONS:
            message = f"this version does not do --{option} on {source.id}"
            yield Finding("blocker", "option-unsupported", message, f"plan without --{option}")


def _unread_logs(site: Site) -> Iterator[Finding]:
    """Report checks of logs that can only be unknown: this version does not read them there."""
    every = _checks_logs(site.environment)
    silent = [
        source.platform.TITLE
        for source in site.sources
        if source.platform.logs is no_logs and (every or _checks_logs(source.environment))
    ]
    if silent:
        titles = ", ".join(dict.fromkeys(silent))
        message = f"the logs of {titles} are not read: a health check of logs is unknown there"
        fix = "use a command check: health: [{command: [...]}]"
        yield Finding("warning", "logs-not-read", message, fix)


def _checks_logs(environment: Environment) -> bool:
    return any(check.logs is not None for check in environment.settings.health)


def _without_databases(request: Request) -> Iterator[Finding]:
    """Report options of --with-db that were given without it."""
    fix = "plan with --with-db, too"
    if request.drill_backup and not changes_databases(request.level):
        message = "--drill-backup restores the backup of --with-db: without it there is none"
        yield Finding("blocker", "option-unsupported", message, fix)
    if request.accept_loss and not changes_databases(request.level):
        message = "--accept-loss accepts what --with-db loses: without it no row or value goes"
        yield Finding("blocker", "option-unsupported", message, fix)


def ordered(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    rank = {"blocker": 0, "warning": 1, "note": 2}
    return tuple(sorted(dict.fromkeys(findings), key=lambda finding: rank[finding.level]))
