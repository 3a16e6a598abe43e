"""What changes in the configuration: by key, with the component, and without a value."""

from __future__ import annotations

import json

import msgspec
import pytest
from sites import site, source

from rollback.commands.plan_document import document
from rollback.errors import Unreadable
from rollback.flow import configuration, labels
from rollback.model import ConfigChange, Move, Plan, Release, Target
from rollback.platforms import _config
from rollback.platforms._cluster.config import of_object, of_template

SECRET = "s3cret-value"


def move(component: str) -> Move:
    target = Target("staging", component, "stub", "shop", "here", False)
    return Move(target, Release("2"), Release("1"), id=f"{component}.shop")


def template(*env: dict, name: str = "web", **more) -> dict:
    return {"spec": {"containers": [{"name": name, "env": list(env), **more}]}}


def test_keys_are_added_removed_or_changed_as_seen_from_today():
    now, then = {"A": "1", "B": "1", "C": "1"}, {"B": "2", "C": "1", "D": "1"}
    assert [(row.key, row.change) for row in _config.changes(now, then)] == [
        ("A", "removed"),
        ("B", "changed"),
        ("D", "added"),
    ]


def test_a_variable_that_refers_elsewhere_than_before_is_changed():
    direct = template({"name": "URL", "value": SECRET})
    by_name = template({"name": "URL", "valueFrom": {"secretKeyRef": {"name": "db", "key": "u"}}})
    rows = list(
        _config.changes(of_template("deploy/web", direct), of_template("deploy/web", by_name))
    )
    assert [(row.key, row.change) for row in rows] == [("deploy/web/web: URL", "changed")]
    assert SECRET not in str(rows)


def test_the_order_of_variables_and_of_their_fields_changes_nothing():
    one = template({"name": "A", "value": "1"}, {"name": "B", "value": "2"})
    two = template({"value": "2", "name": "B"}, {"value": "1", "name": "A"})
    assert list(_config.changes(of_template("x", one), of_template("x", two))) == []


def test_keys_of_secrets_in_a_manifest_are_compared_one_by_one():
    old = of_object("Secret/db", {"stringData": {"user": "a", "password": SECRET}})
    new = of_object("Secret/db", {"stringData": {"user": "a"}, "data": {"password": "x"}})
    assert [row.key for row in _config.changes(old, new)] == ["Secret/db: password"]


@pytest.mark.parametrize("empty", [{}, {"spec": None}, {"spec": {"containers": None}}])
def test_a_template_without_anything_has_no_keys(empty):
    assert of_template("x", empty) == {}


def test_rows_have_their_component_and_what_stays_is_a_warning():
    rows = [ConfigChange("A", "changed", True), ConfigChange("B\x1b[2J", "changed", False, "set B")]
    both = site(
        source("api", config=lambda moves, shell: rows),
        source("web", config=lambda moves, shell: []),
    )
    compared = configuration.of(both, [move("api"), move("web")])
    assert [(row.component, row.key) for row in compared.changes] == [("api", "A"), ("api", "B")]
    (finding,) = compared.findings
    assert (finding.level, finding.code, finding.fix) == ("warning", "config-stays", "set B")
    assert finding.message.startswith("api: ") and finding.message.endswith("today: B")


def test_a_component_that_does_not_move_is_not_asked():
    def config(moves, shell):
        raise AssertionError("asked")

    compared = configuration.of(site(source("api", config=config)), [])
    assert (compared.changes, compared.findings) == ((), ())


def test_what_cannot_be_read_is_unknown_and_hides_no_other_component():
    def config(moves, shell):
        raise Unreadable("forbidden", "not permitted", "log in")

    both = site(
        source("api", config=config),
        source("web", config=lambda moves, shell: [ConfigChange("A", "added", True)]),
    )
    compared = configuration.of(both, [move("api"), move("web")])
    assert [row.key for row in compared.changes] == ["A"]
    assert [row.code for row in compared.findings] == ["config-unknown"]


def test_the_plan_names_at_most_eight_keys_and_its_json_all_of_them():
    rows = tuple(ConfigChange(f"KEY_{at}", "added", True, component="app") for at in range(11))
    stays = ConfigChange("LEFT", "changed", False, "by hand", "app")
    plan = Plan("ready", "", "", "full", "staging", False, "/srv", config=(*rows, stays))
    line = labels.config(plan)
    assert line.startswith("+KEY_0, ") and line.endswith("and 3 more") and "LEFT" not in line
    shown = document(plan, None, None, None)["config"]
    assert len(shown) == 12
    assert shown[-1] == {
        "component": "app",
        "key": "LEFT",
        "change": "changed",
        "restored": False,
    }
    assert msgspec.json.decode(json.dumps(shown))
