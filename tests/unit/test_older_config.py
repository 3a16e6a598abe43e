"""Configuration outside of a release is a component of its own, in front of its application."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace
from sites import move, site, source

from rollback.errors import Unreadable
from rollback.flow import configuration, older_config
from rollback.flow.decide import Decision
from rollback.model import FORWARD, REVERSE, Command, Component, Finding, OlderConfig, Plan


def item(name: str = ".env") -> OlderConfig:
    read, do, undo = (Command((word, name)) for word in ("read", "put", "undo"))
    return OlderConfig(name, read, "today", "older", do, undo, {name: b"A=1\n"}, "commit it")


def decision(*components: str) -> Decision:
    moves = {name: [move(component=name)] for name in components}
    return Decision("ready", {name: tuple(rows) for name, rows in moves.items()})


def both(**members: Any) -> Any:
    return site(source("api", 0, **members), source("web", 1))


def test_it_comes_before_its_application_and_is_undone_before_it() -> None:
    whole = both(older_config=lambda moves, shell: [item()])
    rows = older_config.of(whole, decision("api", "web"), "full")
    apps = [Component("api", "x", stage=0), Component("web", "x", stage=1)]
    ordered = older_config.before(rows, apps)
    assert [(row.id, row.stage) for row in ordered] == [("api-config", 0), ("api", 1), ("web", 3)]
    plan = Plan("ready", "", "", "full", "staging", False, "/srv", components=tuple(ordered))
    assert [row.id for row in FORWARD.components(plan)] == ["api-config", "api", "web"]
    assert [row.id for row in REVERSE.components(plan)] == ["api-config", "web", "api"]
    (step,) = ordered[0].steps
    assert step.title == "Put .env of v1 in place" and step.part == "config"
    assert step.proof and step.undo and step.undo.proof
    assert (step.proof.expect, step.undo.proof.expect, step.reminder) == ("older", "today", "commit it")  # fmt: skip
    (guard,) = ordered[0].guards
    assert [(line.source, line.goal, line.move) for line in guard.lines] == [
        ("today", "older", step.moves[0])
    ]


def test_without_any_the_stages_are_those_of_the_settings() -> None:
    rows = older_config.of(both(), decision("api", "web"), "full")
    apps = [Component("api", "x", stage=0), Component("web", "x", stage=1)]
    assert older_config.before(rows, apps) == apps


def test_a_lower_level_asks_nobody() -> None:
    def refuse(moves: Any, shell: Any) -> Any:
        raise AssertionError("asked")

    assert older_config.of(both(older_config=refuse), decision("api"), "with-db") == []
    assert older_config.of(both(older_config=refuse), decision("web"), "full") == [
        older_config.Row("web")
    ]


def test_what_cannot_be_read_stays_and_is_said() -> None:
    def refuse(moves: Any, shell: Any) -> Any:
        raise Unreadable("forbidden", "not permitted", "log in")

    (row,) = older_config.of(both(older_config=refuse), decision("api"), "full")
    assert row.component is None
    assert [(found.level, found.code) for found in row.findings] == [("warning", "config-unknown")]
    assert "not permitted" in row.findings[0].message


def test_a_warning_about_what_comes_back_itself_is_not_given() -> None:
    brought = replace(item("ConfigMap/shop"), settles="ConfigMap shop was changed at ")
    whole = both(older_config=lambda moves, shell: [brought])
    rows = older_config.of(whole, decision("api"), "full")
    texts = ("api: ConfigMap shop was changed at 10:00", "api: ConfigMap more was changed at 10:00")
    findings = [Finding("warning", "config-changed", text) for text in texts]
    plan = Plan("ready", "", "", "full", "staging", False, "/srv", findings=tuple(findings))
    assert configuration.compared(plan, whole, rows).findings == (findings[1],)
    assert configuration.compared(plan, whole, ()).findings == tuple(findings)
