"""What changes in the configuration with a rollback: from the adapters, by key."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from rollback.errors import RollbackError
from rollback.flow.older_config import Row
from rollback.flow.plan_findings import ordered
from rollback.flow.site import Site
from rollback.model import ConfigChange, Finding, Move, Plan
from rollback.text import clean

_MOST = 8  # keys in one message
CHANGED = "config-changed"


class Compared(Struct, frozen=True):
    changes: tuple[ConfigChange, ...]
    findings: tuple[Finding, ...]


def compared(plan: Plan, site: Site, brought: Sequence[Row]) -> Plan:
    """Return the plan with its keys, and without warnings about what is brought back itself."""
    settled = tuple(begin for row in brought for begin in row.settles)
    result = of(site, plan.moves)
    rest = (
        row for row in plan.findings if row.code != CHANGED or not row.message.startswith(settled)
    )
    findings = ordered([*rest, *result.findings])
    return replace(plan, config=result.changes, findings=findings)


def of(site: Site, moves: Sequence[Move]) -> Compared:
    """Return the changed keys of every component, what stays, and what could not be read."""
    changes: list[ConfigChange] = []
    findings: list[Finding] = []
    for source in site.sources:
        own = source.moves_of(moves)
        try:
            rows = list(source.platform.config(own, source.shell)) if own else []
        except RollbackError as error:
            message = f"the configuration could not be compared: {error.message}"
            findings.append(
                Finding("warning", "config-unknown", site.label(source, message), error.fix)
            )
            continue
        changes += (
            replace(row, key=clean(row.key, 120), component=source.component)
            for row in dict.fromkeys(rows)
        )
        findings += (
            replace(finding, message=site.label(source, finding.message)) for finding in _left(rows)
        )
    return Compared(tuple(changes), tuple(findings))


def _left(rows: Sequence[ConfigChange]) -> Iterator[Finding]:
    """Report the keys that stay as they are today."""
    left = [row for row in rows if not row.restored]
    if not left:
        return
    names = ", ".join(clean(row.key, 60) for row in left[:_MOST])
    more = f" and {len(left) - _MOST} more" if len(left) > _MOST else ""
    message = f"configuration that stays as it is today: {names}{more}"
    fix = next((row.fix for row in left if row.fix), "compare it with what the target expects")
    yield Finding("warning", "config-stays", message, fix)
