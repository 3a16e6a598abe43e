"""Several components in one environment, planned and executed by the real scripts on release folders."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from shop import Shop, shop

from rollback.approval import approvals
from rollback.errors import Drifted, Unreadable, Usage
from rollback.flow import execute, plan
from rollback.model import Outcome, Plan
from rollback.records import run as runs

__all__ = ["shop"]
pytestmark = pytest.mark.programs


def folders(root: Path, *releases: str) -> Path:
    """A site in release folders whose last release serves."""
    for release in releases:
        (root / "releases" / release).mkdir(parents=True)
    lines = (f"Branch main (at {name}) deployed as release {name} by ana\n" for name in releases)
    (root / "revisions.log").write_text("".join(lines))
    (root / "current").symlink_to(f"releases/{releases[-1]}")
    return root


class Stack:
    """Components api and web; web goes after api. Both folders are called shop."""

    def __init__(self, shop: Shop, **paths: Path) -> None:
        self.project = shop.project
        self.paths = paths or {
            "api": folders(shop.root / "a" / "shop", "1", "2", "3"),
            "web": folders(shop.root / "w" / "shop", "w1", "w2", "w3"),
        }
        components = [
            {"name": name, "release-folders": {"path": str(path)}}
            for name, path in self.paths.items()
        ]
        file = self.project / ".claude" / "deployment-rollback.yml"
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps({"environments": {"staging": {"components": components}}}))

    def plan(self, wanted: str = "previous", *apps: str) -> Plan:
        planned = plan.make(plan.Request(self.project, "staging", wanted, apps=apps))
        if planned.run:
            self.run = planned.run
        return planned.plan

    def execute(self, verb: Any = "execute") -> Outcome:
        nonce = approvals.mint(self.project, approvals.digest(self.run), verb)
        request = execute.Request(self.project, verb, str(self.run), nonce)
        return execute.run(request, lambda line: None)

    def live(self) -> list[str]:
        return [os.readlink(path / "current").rpartition("/")[2] for path in self.paths.values()]


@pytest.fixture
def stack(shop: Shop) -> Stack:
    return Stack(shop)


def moved(plan: Plan) -> list[tuple[str, str]]:
    return [(move.target.component, move.to.id) for move in plan.moves]


def messages(plan: Plan, code: str) -> list[str]:
    return [finding.message for finding in plan.findings if finding.code == code]


def test_both_go_back_in_one_plan(stack: Stack) -> None:
    assert moved(stack.plan()) == [("api", "2"), ("web", "w2")]
    assert stack.execute().exit == 11 and stack.live() == ["2", "w2"]
    stack.execute("restore")
    assert stack.live() == ["3", "w3"]


@pytest.mark.parametrize("app", ["web", "web/shop"])
def test_one_component_can_be_named_with_its_own_release(stack: Stack, app: str) -> None:
    assert moved(stack.plan("w1", app)) == [("web", "w1")]


def test_an_application_of_both_is_in_both(stack: Stack) -> None:
    assert moved(stack.plan("previous", "shop")) == [("api", "2"), ("web", "w2")]


def test_a_component_that_cannot_be_read_does_not_keep_another_one(stack: Stack) -> None:
    shutil.rmtree(stack.paths["web"])
    assert moved(stack.plan("previous", "api")) == [("api", "2")]
    with pytest.raises(Unreadable, match=r"^web: "):
        stack.plan()


def test_a_release_that_a_component_lacks_is_refused_with_its_name(stack: Stack) -> None:
    with pytest.raises(Usage, match=r"^web: release 2 is not in the history") as refused:
        stack.plan("2")
    assert "--app COMPONENT" in refused.value.fix


def test_an_unknown_name_lists_the_components(stack: Stack) -> None:
    with pytest.raises(Usage, match=r"known: api, api/shop, web, web/shop"):
        stack.plan("previous", "blog")


def test_a_component_that_cannot_go_back_makes_the_result_partial(stack: Stack) -> None:
    for release in ("w1", "w2"):
        shutil.rmtree(stack.paths["web"] / "releases" / release)
    plan = stack.plan()
    assert messages(plan, "left-alone") == ["web stays on w3: nothing to roll back to"]
    outcome = stack.execute()
    assert (outcome.outcome, outcome.stays) == ("partial", ("web stays on w3",))


def test_a_component_that_is_there_already_is_named(stack: Stack) -> None:
    (stack.paths["api"] / "current").unlink()
    (stack.paths["api"] / "current").symlink_to("releases/2")
    web = stack.paths["web"]
    (web / "releases" / "w2").rename(web / "releases" / "2")
    (web / "revisions.log").write_text((web / "revisions.log").read_text().replace("w2", "2"))
    plan = stack.plan("2")
    assert moved(plan) == [("web", "2")]
    assert "api: already at 2" in messages(plan, "already-at-target")


def test_two_components_on_one_path_are_refused(shop: Shop) -> None:
    path = folders(shop.root / "a" / "shop", "1", "2")
    with pytest.raises(Usage) as refused:
        Stack(shop, api=path, web=path).plan()
    assert refused.value.code == "same-target" and not runs.folders(shop.project)


def test_names_that_differ_in_dashes_only_are_kept_apart(shop: Shop) -> None:
    first = folders(shop.root / "a" / "v2-shop", "1", "2")
    second = folders(shop.root / "b" / "shop", "1", "2")
    stack = Stack(shop, **{"api": first, "api-v2": second})
    assert stack.plan().verdict == "ready"
    assert stack.execute().exit == 11 and stack.live() == ["1", "1"]


def test_a_foreign_change_names_the_component_and_a_plan_that_works(stack: Stack) -> None:
    stack.plan()
    stack.execute()
    (stack.paths["api"] / "current").unlink()
    (stack.paths["api"] / "current").symlink_to("releases/1")
    with pytest.raises(Drifted) as told:
        stack.execute("restore")
    assert "api/shop" in told.value.message and "w3 --app web/shop" in told.value.fix
    assert moved(stack.plan("w3", "web/shop")) == [("web", "w3")]
