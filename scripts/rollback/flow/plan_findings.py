"""What speaks for and against a plan, apart from its adapters: health now, what stays undone."""

from __future__ import annotations

from collections.abc import Iterator

from rollback.model import Finding, HealthReport, Plan

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
