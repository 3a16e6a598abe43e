"""What somebody changed by hand since the live revision: the rollback overwrites it, or Helm leaves it as it is, since no manifest names it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rollback.model import Finding
from rollback.platforms.helm.differences import added, differences
from rollback.platforms.helm.manifest import WORKLOADS, Key
from rollback.platforms.helm.preflight.pair import Pair
from rollback.text import clean

FEW = 4


def findings(both: Pair, live: Mapping[Key, Mapping[str, Any]]) -> Iterator[Finding]:
    """What is overwritten: only where the live revision had been applied to the end."""
    there = {
        key: one
        for key, one in both.now.items()
        if key in live and both.current.status == "deployed"
    }
    if rows := [
        f"{both.called(key)} {row}"
        for key, one in there.items()
        for row in differences(one, live[key])
    ]:
        fix = "write it down if it is still needed: a restore does not bring it back"
        yield Finding(
            "warning",
            "drift",
            f"changed since revision {both.current.number}, and overwritten now: {_listed(rows)}",
            fix,
        )
    if rows := [
        f"{both.called(key)} {row}"
        for key in both.then
        if key[1] in WORKLOADS and key in live
        for row in _added(both, key, live[key])
    ]:
        fix = "take it away by hand if the release is not to run with it"
        yield Finding(
            "warning",
            "drift-stays",
            f"added by hand, named by no revision, so Helm leaves it: {_listed(rows)}",
            fix,
        )


def _added(both: Pair, key: Key, live: Mapping[str, Any]) -> list[str]:
    templates = [
        one["spec"].get("template") or {} for one in (both.now.get(key), both.then[key]) if one
    ]
    return added(templates, live["spec"]["template"])


def _listed(rows: list[str]) -> str:
    return clean("; ".join(rows[:FEW]), 400) + (
        f" and {len(rows) - FEW} more" if len(rows) > FEW else ""
    )
