"""What somebody changed by hand since the live revision: the rollback overwrites it, and no revision brings it back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rollback.model import Finding
from rollback.platforms.helm.differences import differences
from rollback.platforms.helm.manifest import Key
from rollback.platforms.helm.preflight.pair import Pair

FEW = 4


def findings(both: Pair, live: Mapping[Key, Mapping[str, Any]]) -> Iterator[Finding]:
    """Only where the live revision had been applied to the end."""
    if both.current.status != "deployed":
        return
    rows = [f"{both.called(key)} {row}" for key, one in both.now.items() if key in live for row in differences(one, live[key])]
    if rows:
        listed = "; ".join(rows[:FEW]) + (f" and {len(rows) - FEW} more" if len(rows) > FEW else "")
        fix = "write it down if it is still needed: a restore does not bring it back"
        yield Finding("warning", "drift", f"changed since revision {both.current.number}, and overwritten now: {listed}", fix)
