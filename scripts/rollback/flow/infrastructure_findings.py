"""What a plan says of its infrastructure: what is refused, deleted, changed by others, and when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rollback.cli import command
from rollback.contracts import INFRASTRUCTURE_STAYS
from rollback.infrastructure_contracts import Infrastructure, Planned
from rollback.model import Finding, InfrastructureChange
from rollback.text import clean

_FEW = 5


def refusal(adapter: Infrastructure, change: InfrastructureChange, planned: Planned) -> Finding:
    what = "replace" if "create" in change.actions else "delete"
    message = f"{change.component}: would {what} {clean(change.address)}: {change.why}"
    return Finding("blocker", "stateful-replaced", message, adapter.kept(change, planned))


def drift(name: str, planned: Planned) -> Iterator[Finding]:
    if planned.drift:
        more = f" and {len(planned.drift) - _FEW} more" if len(planned.drift) > _FEW else ""
        rows = clean(", ".join(planned.drift[:_FEW]), 300) + more
        message = f"{name}: changed outside of {planned.tool}: {rows}"
        fix = "see with whoever changed it: what the release describes overwrites it"
        yield Finding("warning", "drift-in-infrastructure", message, fix)


def deletions(name: str, planned: Planned) -> Iterator[Finding]:
    rows = [clean(row.address, 80) for row in planned.changes if "delete" in row.actions]
    if rows:
        more = f" and {len(rows) - _FEW} more" if len(rows) > _FEW else ""
        message = f"{name}: deletes or replaces {', '.join(rows[:_FEW])}{more}"
        yield Finding("warning", "infrastructure-deletes", message)


def order(environment: str, name: str, before: Sequence[str], left: str) -> Iterator[Finding]:
    """Say when it goes back, and how it comes forward again."""
    plan = command("plan", environment, left or "RELEASE", "--full")
    message = f"restore.sh does not bring {name} forward: it is planned, shown and approved anew"
    fix = f"after a restore: {plan}"
    if before:
        names = ", ".join(before)
        why = f"{name} goes back first: the settings say that {names} comes after it"
        yield Finding("note", "infrastructure-first", why)
        message = f"{message}, and {names} of the newer release may need it first"
        fix = f"instead of a restore: {plan}"
    yield Finding("note", INFRASTRUCTURE_STAYS, message, fix)
