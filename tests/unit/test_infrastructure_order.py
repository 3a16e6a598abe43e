"""Infrastructure goes back last, or first where an application comes after it; the plan says why."""

from __future__ import annotations

from rollback.flow import infrastructure, infrastructure_findings
from rollback.flow.infrastructure import Row
from rollback.model import Component

APPS = [
    Component("db-backup", "migrations/django", "database"),
    Component("api-db", "migrations/django", "database", 1),
    Component("api", "platforms/helm", "app", 2),
]


def row(name: str, first: bool, stage: int = 10) -> Row:
    part = Component(name, "infrastructure/opentofu", "infrastructure", stage)
    return Row(component=part, first=first)


def order(*rows: Row) -> list[tuple[str, int]]:
    return [(part.id, part.stage) for part in infrastructure.placed(rows, APPS)]


def test_it_goes_back_last_and_moves_no_stage() -> None:
    assert order(row("cloud", False), Row()) == [
        ("db-backup", 0),
        ("api-db", 1),
        ("api", 2),
        ("cloud", 10),
    ]


def test_what_comes_first_is_behind_the_backups_and_in_front_of_all_else() -> None:
    ordered = order(row("dns", False, 11), row("cloud", True))
    assert [name for name, _ in ordered] == ["db-backup", "cloud", "api-db", "api", "dns"]
    stages = [stage for _, stage in ordered]
    assert stages == sorted(set(stages)), "a later stage is not started after a failure"


def test_the_way_back_says_what_the_newer_release_needs() -> None:
    last = list(infrastructure_findings.order("qa", "cloud", (), "v3"))
    assert [found.code for found in last] == ["infrastructure-stays"]
    assert last[0].fix.startswith("after a restore: ") and last[0].fix.endswith("qa v3 --full")
    why, back = infrastructure_findings.order("qa", "cloud", ("api",), "v3")
    assert why.code == "infrastructure-first" and "api comes after it" in why.message
    assert back.fix.startswith("instead of a restore: ")
